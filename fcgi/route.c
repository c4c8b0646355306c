/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/route.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cursor.h"
#include "fcgi/description.h"
#include "fcgi/guard/access.h"
#include "fcgi/history/history.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/kill.h"
#include "fcgi/metrics.h"
#include "fcgi/pass.h"
#include "fcgi/post/delete.h"
#include "fcgi/post/mercure.h"
#include "fcgi/post/post.h"
#include "fcgi/presence/subscriptions.h"
#include "fcgi/presence/who.h"
#include "fcgi/status.h"
#include "fcgi/stream/mercure.h"
#include "fcgi/stream/subscribe.h"
#include "fcgi/stream/tasks.h"
#include "lib/event/active.h"
#include "lib/text.h"

/* A handler, and its room. */
struct handler {
	handler *run;
	void *room;
};

struct route {
	const char *path;    /* with HOLE where the channel's segment is, if it
				is not the last, and EVENT at its end where
				one is named */
	const char *channel; /* NULL: the path's next segment names it */
	struct handler get, post, delete;
};

#define HOLE  "/{channel}"
#define EVENT "/{id}"

/* A route with this as its channel is told all that the path has behind it. */
static const char REST[] = "";

enum {
	ROUTES = 21,
	MERCURE_ROUTES = 2, /* of them, the last: also at their paths, whatever
			       the base */
};

struct router {
	const struct access *access;
	struct replies *replies;
	const char *base;
	size_t count; /* of the routes: without those of Mercure where it is
			 off */
	struct route routes[ROUTES];
};

struct router *router_new(const struct route_rooms *rooms)
{
	struct router *router = mem_new(sizeof(*router));
	struct subscribe *subscribe = rooms->subscribe;
	struct post *post = rooms->post;
	struct status *status = rooms->status;
	struct pass *pass = rooms->pass;
	const struct handler none = {0};
	const struct route routes[ROUTES] = {
		{"/stream", "main", {subscribe_channels, subscribe}, none,
			none},
		{"/realtime", NULL, {subscribe_channel, subscribe},
			{post_body, post}, none},
		{"/api/broadcast", "main", none, {post_object, post}, none},
		{"/tasks/stream", "", {tasks_listen, rooms->tasks}, none, none},
		{"/sse/events", "sse", {subscribe_one, subscribe}, none, none},
		{"/metrics", "metrics", {metrics_show, rooms->metrics}, none,
			none},
		{"/sse/send", "sse", none, {post_message, post}, none},
		{"/health", "", {status_health, status}, none, none},
		{"/api/channels", "", {status_channels, status}, none, none},
		{"/api/channels", NULL, {status_channel, status}, none,
			{delete_channel, post}},
		{"/api/channels" HOLE "/events" EVENT, NULL, none, none,
			{delete_event, post}},
		{"/api/channels" HOLE "/presence", NULL,
			{who_channel, rooms->who}, none, none},
		{"/api/channels" HOLE "/events", NULL,
			{history_show, rooms->history}, none, none},
		{"/api/cursor", "", {cursor_show, status}, none, none},
		{"/api/openapi.yaml", "",
			{description_openapi, rooms->description}, none, none},
		{"/api/asyncapi.yaml", "",
			{description_asyncapi, rooms->description}, none, none},
		{"/api/ticket", "", none, {pass_ticket, pass}, none},
		{"/api/session", "", none, {pass_session, pass},
			{pass_end, pass}},
		{"/api/kill", "", {kill_tell, rooms->kill_switch},
			{kill_do, rooms->kill_switch}, none},
		{ACTIVE_CHANNEL, REST, {subscriptions_show, rooms->who}, none,
			none},
		{"/.well-known/mercure", "", {mercure_subscribe, subscribe},
			{mercure_publish, post}, none},
	};

	router->access = rooms->access;
	router->replies = rooms->replies;
	router->base = rooms->base;
	router->count = rooms->mercure ? ROUTES : ROUTES - MERCURE_ROUTES;
	memcpy(router->routes, routes, sizeof(routes));
	return router;
}

void router_free(struct router *router)
{
	free(router);
}

/* Pages of other origins are told nothing of it. */
static bool is_own(const struct route *route)
{
	return route->post.run == kill_do;
}

static const char *methods_of(const struct route *route)
{
	static const char *const methods[] = {"OPTIONS", "GET, HEAD, OPTIONS",
		"POST, OPTIONS", "GET, HEAD, POST, OPTIONS", "DELETE, OPTIONS",
		"GET, HEAD, DELETE, OPTIONS", "POST, DELETE, OPTIONS",
		"GET, HEAD, POST, DELETE, OPTIONS"};

	return methods[(route->get.run != NULL) |
		       (route->post.run != NULL) << 1 |
		       (route->delete.run != NULL) << 2];
}

/* Takes the last segment off. */
static bool take_event(struct span *rest, struct span *event)
{
	size_t len = rest->len;

	while (len > 0 && rest->at[len - 1] != '/')
		len--;
	if (len == 0 || len == rest->len)
		return false;
	*event = span(rest->at + len, rest->len - len);
	rest->len = len - 1;
	return true;
}

/* Takes what is behind the channel's segment off. */
static bool take_tail(struct span *rest, const char *tail, struct span *event)
{
	size_t len = strlen(tail);

	if (len >= sizeof(EVENT) &&
		strcmp(tail + len - (sizeof(EVENT) - 1), EVENT) == 0) {
		if (!take_event(rest, event))
			return false;
		len -= sizeof(EVENT) - 1;
	}
	if (rest->len <= len ||
		memcmp(rest->at + rest->len - len, tail, len) != 0)
		return false;
	rest->len -= len;
	return true;
}

/* What a path has beside what a route says. */
struct tail {
	struct span rest;  /* "/segment" for a route that takes its channel from
			      there */
	struct span event; /* a segment, where the route has one */
};

/* Does `path` belong to the route? */
static bool matches(
	const struct route *route, struct span path, struct tail *tail)
{
	struct span *rest = &tail->rest;
	const char *hole = strstr(route->path, HOLE);
	size_t len = hole == NULL ? strlen(route->path)
				  : (size_t)(hole - route->path);

	if (path.len < len || memcmp(path.at, route->path, len) != 0)
		return false;
	*tail = (struct tail){.rest = span(path.at + len, path.len - len)};
	if (route->channel == REST && rest->len > 0)
		return rest->at[0] == '/';
	if (route->channel != NULL || rest->len == 0)
		return rest->len == 0;
	if (hole != NULL &&
		!take_tail(rest, hole + sizeof(HOLE) - 1, &tail->event))
		return false;
	return rest->at[0] == '/' &&
	       memchr(rest->at + 1, '/', rest->len - 1) == NULL;
}

/* `below` is what follows the base, NULL if the path is not below it. */
static const struct route *find(const struct router *router, struct span path,
	const struct span *below, struct tail *tail)
{
	for (size_t i = 0; i < router->count; i++) {
		const struct route *route = &router->routes[i];
		bool anywhere = i >= ROUTES - MERCURE_ROUTES;

		if (below != NULL && matches(route, *below, tail))
			return route;
		if (anywhere && matches(route, path, tail))
			return route;
	}
	return NULL;
}

static void answer_options(const struct router *router, struct request *request,
	const struct route *route)
{
	const char *methods = methods_of(route);

	buf_printf(&request->headers, "Allow: %s\r\n", methods);
	if (!is_own(route))
		access_preflight(router->access, request, methods);
	reply(router->replies, request, &(struct answer){.status = 204});
}

/* The handler for the method, NULL after an answer. */
static const struct handler *choose(const struct router *router,
	struct request *request, const struct route *route)
{
	const char *method = request->method;

	if (route->get.run != NULL &&
		(request->head || strcmp(method, "GET") == 0))
		return &route->get;
	if (route->post.run != NULL && strcmp(method, "POST") == 0)
		return &route->post;
	if (route->delete.run != NULL && strcmp(method, "DELETE") == 0)
		return &route->delete;
	if (strcmp(method, "OPTIONS") == 0) {
		answer_options(router, request, route);
		return NULL;
	}
	buf_printf(&request->headers, "Allow: %s\r\n", methods_of(route));
	reply_error(router->replies, request, 405, "method_not_allowed",
		"this address does not know that method");
	return NULL;
}

/* Decodes the channel in `rest` ("/name"); NULL or what is wrong with it. */
static const char *read_channel(struct buf *name, struct span rest)
{
	if (rest.len > 0 &&
		!query_decode(name, span(rest.at + 1, rest.len - 1)))
		return "the path has a '%' without two hexadecimal digits";
	if (span_is(buf_span(name), ".") || span_is(buf_span(name), ".."))
		return "a channel of that name is reached by ?channel= only";
	return text_topic_fault(buf_span(name));
}

static void run(const struct router *router, struct request *request,
	const struct route *route, const struct tail *tail, struct span query)
{
	struct target target = {span_of(route->channel), query, tail->event};
	const struct handler *chosen = choose(router, request, route);
	struct buf name = {0};
	const char *fault = NULL;

	if (chosen == NULL)
		return;
	if (route->channel == REST) {
		target.channel = tail->rest;
	} else if (route->channel == NULL) {
		fault = read_channel(&name, tail->rest);
		target.channel = buf_span(&name);
	}
	if (fault == NULL)
		chosen->run(chosen->room, request, &target);
	else
		reply_error(
			router->replies, request, 400, "bad_channel", fault);
	buf_release(&name);
}

/* Is it "/realtime/" with more than a name behind it? */
static bool has_slash_in_name(struct span path)
{
	static const char start[] = "/realtime/";
	const size_t len = sizeof(start) - 1;

	return path.len > len && memcmp(path.at, start, len) == 0;
}

/* Who set up the web server reads it, or `tidings check` does.  `below` is what
 * follows the base, NULL if the path is not below it. */
static void answer_nothing(const struct router *router, struct request *request,
	const struct span *below)
{
	struct buf message = {0};

	if (below != NULL) {
		reply_error(router->replies, request, 404, "not_found",
			has_slash_in_name(*below)
				? "there is nothing at this address: a slash "
				  "in a channel's name is written %2F"
				: "there is nothing at this address");
		return;
	}
	buf_printf(&message,
		"Tidings is below %s here (base), and this address is not%c",
		router->base, '\0');
	reply_error(router->replies, request, 404, "outside_base", message.at);
	buf_release(&message);
}

void route_request(const struct router *router, struct request *request)
{
	struct url url = query_url(span_of(request->uri));
	struct span below = {0};
	struct tail tail = {0};
	bool inside = query_below(url.path, router->base, &below);
	const struct route *route =
		find(router, url.path, inside ? &below : NULL, &tail);

	request->head = strcmp(request->method, "HEAD") == 0;
	if (!access_is_ours(router->access, request)) {
		reply_error(router->replies, request, 421, "wrong_host",
			"there is no site of that name here (hosts)");
		return;
	}
	if (route == NULL || !is_own(route))
		access_headers(router->access, request);
	if (route == NULL) {
		answer_nothing(router, request, inside ? &below : NULL);
		return;
	}
	run(router, request, route, &tail, url.query);
}
