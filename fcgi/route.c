/*
 * route - which verb a request wants
 */
#include <config.h>

#include "fcgi/route.h"

#include <stddef.h>
#include <string.h>

#include "fcgi/cors.h"
#include "fcgi/host.h"
#include "fcgi/listen.h"
#include "fcgi/metrics.h"
#include "fcgi/publish.h"
#include "fcgi/query.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/responder.h"
#include "fcgi/status.h"
#include "fcgi/tasks.h"
#include "lib/text.h"

struct route {
	const char *path;
	const char *channel; /* NULL: the path's next segment names it */
	verb *get;
	verb *post;
};

static const struct route routes[] = {
	{"/stream", "main", listen_channels, NULL},
	{"/realtime", NULL, listen_channel, publish_body},
	{"/api/broadcast", "main", NULL, publish_object},
	{"/tasks/stream", "", tasks_listen, NULL},
	{"/sse/events", "sse", listen_one, NULL},
	{"/metrics", "metrics", metrics_show, NULL},
	{"/sse/send", "sse", NULL, publish_message},
	{"/health", "", status_health, NULL},
	{"/api/channels", "", status_channels, NULL},
	{"/api/channels", NULL, status_channel, NULL},
};

static const char *methods_of(const struct route *route)
{
	if (route->post == NULL)
		return "GET, HEAD, OPTIONS";
	return route->get == NULL ? "POST, OPTIONS"
				  : "GET, HEAD, POST, OPTIONS";
}

/* Does `path` belong to the route?  *rest is what follows: "/segment" for a
 * route that takes its channel from there. */
static bool matches(
	const struct route *route, struct span path, struct span *rest)
{
	size_t len = strlen(route->path);

	if (path.len < len || memcmp(path.at, route->path, len) != 0)
		return false;
	*rest = span(path.at + len, path.len - len);
	if (route->channel != NULL || rest->len == 0)
		return rest->len == 0;
	return rest->at[0] == '/' &&
	       memchr(rest->at + 1, '/', rest->len - 1) == NULL;
}

static const struct route *find(struct span path, struct span *rest)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (matches(&routes[i], path, rest))
			return &routes[i];
	return NULL;
}

static void answer_options(struct responder *responder, struct request *request,
	const struct route *route)
{
	const char *methods = methods_of(route);

	buf_printf(&request->headers, "Allow: %s\r\n", methods);
	cors_preflight(&request->headers, responder->config, request, methods);
	reply(responder, request, &(struct answer){.status = 204});
}

/* The verb for the method, NULL after an answer. */
static verb *choose(struct responder *responder, struct request *request,
	const struct route *route)
{
	const char *method = request->method;

	if (route->get != NULL && (request->head || strcmp(method, "GET") == 0))
		return route->get;
	if (route->post != NULL && strcmp(method, "POST") == 0)
		return route->post;
	if (strcmp(method, "OPTIONS") == 0) {
		answer_options(responder, request, route);
		return NULL;
	}
	buf_printf(&request->headers, "Allow: %s\r\n", methods_of(route));
	reply_error(responder, request, 405, "method_not_allowed",
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
	return text_channel_fault(buf_span(name));
}

static void run(struct responder *responder, struct request *request,
	const struct route *route, struct span rest, struct span query)
{
	struct aim aim = {span_of(route->channel), query};
	verb *chosen = choose(responder, request, route);
	struct buf name = {0};
	const char *fault = NULL;

	if (chosen == NULL)
		return;
	if (route->channel == NULL) {
		fault = read_channel(&name, rest);
		aim.channel = buf_span(&name);
	}
	if (fault == NULL)
		chosen(responder, request, &aim);
	else
		reply_error(responder, request, 400, "bad_channel", fault);
	buf_release(&name);
}

void route_request(struct responder *responder, struct request *request)
{
	struct target target = query_target(span_of(request->uri));
	struct span rest = {0};
	const struct route *route = find(target.path, &rest);

	request->head = strcmp(request->method, "HEAD") == 0;
	if (!host_is_ours(responder->config, request)) {
		reply_error(responder, request, 421, "wrong_host",
			"there is no site of that name here (hosts)");
		return;
	}
	cors_headers(&request->headers, responder->config, request);
	if (route == NULL) {
		reply_error(responder, request, 404, "not_found",
			"there is nothing at this address");
		return;
	}
	run(responder, request, route, rest, target.query);
}
