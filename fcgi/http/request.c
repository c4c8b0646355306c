/* SPDX-License-Identifier: MIT */
/*
 * One block holds all texts: a request is made and freed some ten thousand
 * times a second.
 */
#include <config.h>

#include "fcgi/http/request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/http/intake.h"

enum { VARIABLES = 24 };

/* What is said so far: spans of what the web server sent, or of texts here. */
struct said {
	struct span values[VARIABLES];
	struct buf cookies;
	bool https;
};

typedef void say(struct said *said, size_t index, struct span value);

/* One that comes twice (nginx before 1.23 joins no lines) is the last that says
 * something.  A server that passes on what it has not looked at is told better
 * by an empty one behind it. */
static void say_last(struct said *said, size_t index, struct span value)
{
	if (value.len > 0)
		said->values[index] = value;
}

static void say_login(struct said *said, size_t index, struct span value)
{
	said->values[index] = value;
}

static void say_or(
	struct said *said, size_t index, struct span value, const char *twice)
{
	if (said->values[index].len > 0 && value.len > 0)
		value = span_of(twice);
	say_last(said, index, value);
}

/* What proxies say of who asks.  A client can write it too, also with '_' for
 * '-', which lighttpd passes as a variable of the same name: said twice,
 * nothing is known (RFC 7239 section 6.2). */
static void say_alone(struct said *said, size_t index, struct span value)
{
	say_or(said, index, value, "unknown");
}

/* As where they were joined. */
static void say_token(struct said *said, size_t index, struct span value)
{
	say_or(said, index, value, "Bearer ,");
}

/* A browser may send several lines; they are one, in their order. */
static void say_cookie(struct said *said, size_t index, struct span value)
{
	struct span *all = &said->values[index];

	if (all->len == 0) {
		*all = value;
		return;
	}
	if (said->cookies.len == 0)
		buf_add_span(&said->cookies, *all);
	buf_add(&said->cookies, "; ", 2);
	buf_add_span(&said->cookies, value);
	*all = buf_span(&said->cookies);
}

struct variable {
	const char *name;
	size_t len;
	size_t field;
	say *say;
};

#define VARIABLE(name, field, say)                                           \
	{                                                                    \
		name, sizeof(name) - 1, offsetof(struct request, field), say \
	}

/* Sorted by length: most that a web server tells are none of these. */
static const struct variable variables[] = {
	VARIABLE("HTTP_VIA", via, say_last),
	VARIABLE("HTTP_HOST", host, say_last),
	VARIABLE("REMOTE_ADDR", address, say_last),
	VARIABLE("REQUEST_URI", uri, say_last),
	VARIABLE("HTTP_ORIGIN", origin, say_last),
	VARIABLE("HTTP_ACCEPT", accept, say_last),
	VARIABLE("HTTP_COOKIE", cookie, say_cookie),
	VARIABLE("REMOTE_USER", remote_user, say_login),
	VARIABLE("CONTENT_TYPE", content_type, say_last),
	VARIABLE("HTTP_REFERER", referer, say_last),
	VARIABLE("REQUEST_METHOD", method, say_last),
	VARIABLE("CONTENT_LENGTH", content_length, say_last),
	VARIABLE("REQUEST_SCHEME", scheme, say_last),
	VARIABLE("HTTP_FORWARDED", forwarded, say_alone),
	VARIABLE("HTTP_X_REAL_IP", real_ip, say_alone),
	VARIABLE("HTTP_USER_AGENT", user_agent, say_last),
	VARIABLE("HTTP_AUTHORIZATION", authorization, say_token),
	VARIABLE("HTTP_LAST_EVENT_ID", last_event_id, say_last),
	VARIABLE("HTTP_CACHE_CONTROL", cache_control, say_last),
	VARIABLE("HTTP_IF_NONE_MATCH", if_none_match, say_last),
	VARIABLE("HTTP_SEC_FETCH_SITE", fetch_site, say_last),
	VARIABLE("HTTP_X_FORWARDED_FOR", forwarded_for, say_alone),
	VARIABLE("HTTP_ACCEPT_ENCODING", accept_encoding, say_last),
	VARIABLE("HTTP_TRANSFER_ENCODING", transfer_encoding, say_last),
};

_Static_assert(sizeof(variables) / sizeof(variables[0]) == VARIABLES,
	"VARIABLES is not the length of their table");

static const char HTTPS[] = "HTTPS";

static const char **field_of(struct request *request, size_t index)
{
	return (const char **)((char *)request + variables[index].field);
}

struct request *request_new(void)
{
	struct request *request = mem_new(sizeof(*request));

	request->fd = -1;
	for (size_t i = 0; i < VARIABLES; i++)
		*field_of(request, i) = "";
	return request;
}

void request_free(struct request *request)
{
	if (request == NULL)
		return;
	if (request->fd >= 0)
		close(request->fd);
	buf_release(&request->body);
	buf_release(&request->headers);
	free(request->texts);
	free(request);
}

/* Names of one length differ in their last letters rather than their first. */
static bool is_called(const struct variable *variable, struct span name)
{
	return variable->name[name.len - 1] == name.at[name.len - 1] &&
	       memcmp(variable->name, name.at, name.len) == 0;
}

static void take(struct said *said, struct span name, struct span value)
{
	size_t i = 0;

	while (i < VARIABLES && variables[i].len < name.len)
		i++;
	for (; i < VARIABLES && variables[i].len == name.len; i++)
		if (is_called(&variables[i], name))
			variables[i].say(said, i, value);
	if (span_is(name, HTTPS))
		said->https = value.len > 0 && !span_is(value, "off");
}

/* Makes texts of our own of them. */
static void keep(struct request *request, const struct said *said)
{
	size_t total = 0;
	char *at;

	for (size_t i = 0; i < VARIABLES; i++)
		total += said->values[i].len + 1;
	request->texts = at = mem_resize(NULL, total);
	for (size_t i = 0; i < VARIABLES; i++) {
		struct span value = said->values[i];

		if (value.len > 0)
			memcpy(at, value.at, value.len);
		at[value.len] = '\0';
		*field_of(request, i) = at;
		at += value.len + 1;
	}
}

bool request_reads(struct span name)
{
	for (size_t i = 0; i < VARIABLES; i++)
		if (span_is(name, variables[i].name))
			return true;
	return span_is(name, HTTPS);
}

void request_read(struct request *request, struct span pairs)
{
	struct said said = {0};
	struct span name, value;

	while (intake_pair(&pairs, &name, &value))
		take(&said, name, value);
	keep(request, &said);
	buf_release(&said.cookies);
	if (request->scheme[0] == '\0')
		request->scheme = said.https ? "https" : "http";
}
