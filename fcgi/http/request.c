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

struct variable {
	const char *name;
	size_t len;
	size_t field;
};

#define VARIABLE(name, field)                                           \
	{                                                               \
		name, sizeof(name) - 1, offsetof(struct request, field) \
	}

/* Sorted by length: most that a web server tells are none of these. */
static const struct variable variables[] = {
	VARIABLE("HTTP_VIA", via),
	VARIABLE("HTTP_HOST", host),
	VARIABLE("REMOTE_ADDR", address),
	VARIABLE("REQUEST_URI", uri),
	VARIABLE("HTTP_ORIGIN", origin),
	VARIABLE("HTTP_ACCEPT", accept),
	VARIABLE("HTTP_COOKIE", cookie),
	VARIABLE("REMOTE_USER", remote_user),
	VARIABLE("CONTENT_TYPE", content_type),
	VARIABLE("HTTP_REFERER", referer),
	VARIABLE("REQUEST_METHOD", method),
	VARIABLE("CONTENT_LENGTH", content_length),
	VARIABLE("REQUEST_SCHEME", scheme),
	VARIABLE("HTTP_FORWARDED", forwarded),
	VARIABLE("HTTP_X_REAL_IP", real_ip),
	VARIABLE("HTTP_USER_AGENT", user_agent),
	VARIABLE("HTTP_AUTHORIZATION", authorization),
	VARIABLE("HTTP_LAST_EVENT_ID", last_event_id),
	VARIABLE("HTTP_CACHE_CONTROL", cache_control),
	VARIABLE("HTTP_IF_NONE_MATCH", if_none_match),
	VARIABLE("HTTP_SEC_FETCH_SITE", fetch_site),
	VARIABLE("HTTP_X_FORWARDED_FOR", forwarded_for),
	VARIABLE("HTTP_ACCEPT_ENCODING", accept_encoding),
	VARIABLE("HTTP_TRANSFER_ENCODING", transfer_encoding),
};

static const char HTTPS[] = "HTTPS";

enum { VARIABLES = sizeof(variables) / sizeof(variables[0]) };

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

/* What proxies say of who asks.  A client can write it too, also with '_' for
 * '-', which lighttpd passes as a variable of the same name: said twice,
 * nothing is known. */
static bool is_of_proxies(const struct request *request, const char **field)
{
	return field == &request->forwarded ||
	       field == &request->forwarded_for || field == &request->real_ip;
}

static void set(struct request *request, const char **field, const char *value)
{
	static const char unknown[] = "unknown"; /* RFC 7239 section 6.2 */
	static const char two[] = "Bearer ,";	 /* as where they were joined */

	/* A server that passes on what it has not looked at is told better by
	 * an empty one behind it. */
	if (value[0] == '\0' && field != &request->remote_user)
		return;
	if (is_of_proxies(request, field) && (*field)[0] != '\0')
		value = unknown;
	if (field == &request->authorization && (*field)[0] != '\0')
		value = two;
	*field = value;
}

/* Names of one length differ in their last letters rather than their first. */
static bool is_called(
	const struct variable *variable, const char *name, size_t len)
{
	return variable->len == len &&
	       variable->name[len - 1] == name[len - 1] &&
	       memcmp(variable->name, name, len) == 0;
}

/* Points the field that this variable belongs to at its value.  One that comes
 * twice (nginx before 1.23 joins no lines) is the last that says something. */
static void point(struct request *request, const char *variable, bool *https)
{
	const char *equals = strchr(variable, '=');
	size_t len;

	if (equals == NULL)
		return;
	len = (size_t)(equals - variable);
	for (size_t i = 0; i < VARIABLES && variables[i].len <= len; i++)
		if (is_called(&variables[i], variable, len))
			set(request, field_of(request, i), equals + 1);
	if (span_is(span(variable, len), HTTPS))
		*https = strcmp(equals + 1, "off") != 0 && equals[1] != '\0';
}

/* Replaces all borrowed texts by copies of our own. */
static void keep(struct request *request)
{
	size_t sizes[VARIABLES], total = 0;
	char *at;

	for (size_t i = 0; i < VARIABLES; i++)
		total += sizes[i] = strlen(*field_of(request, i)) + 1;
	request->texts = at = mem_resize(NULL, total);
	for (size_t i = 0; i < VARIABLES; i++) {
		memcpy(at, *field_of(request, i), sizes[i]);
		*field_of(request, i) = at;
		at += sizes[i];
	}
}

bool request_reads(struct span name)
{
	for (size_t i = 0; i < VARIABLES; i++)
		if (span_is(name, variables[i].name))
			return true;
	return span_is(name, HTTPS);
}

/* A browser may send several lines; they are one, in their order. */
static void join_cookies(
	struct request *request, char *const *environment, struct buf *joined)
{
	static const char cookie[] = "HTTP_COOKIE=";
	size_t len = sizeof(cookie) - 1;

	for (char *const *at = environment; *at != NULL; at++)
		if (strncmp(*at, cookie, len) == 0)
			buf_printf(joined, "%s%s", joined->len > 0 ? "; " : "",
				*at + len);
	buf_add_char(joined, '\0');
	request->cookie = joined->at;
}

void request_read(struct request *request, char *const *environment)
{
	struct buf cookies = {0};
	bool https = false;

	for (char *const *at = environment; *at != NULL; at++)
		point(request, *at, &https);
	if (request->scheme[0] == '\0')
		request->scheme = https ? "https" : "http";
	if (request->cookie[0] != '\0')
		join_cookies(request, environment, &cookies);
	keep(request);
	buf_release(&cookies);
}
