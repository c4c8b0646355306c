/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/cgi_records.h"

#include <stdint.h>
#include <string.h>

#include "fcgi/http/request.h"

enum {
	HEAD = 8,
	VERSION = 1,
	REQUEST = 1, /* its id */
	ROLE_RESPONDER = 1,
	PIECE_MAX = 65535,
	SHORT = 127, /* longest text whose length is one byte */
};

enum type { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

static void say(struct buf *out, enum type type, struct span content)
{
	const char head[HEAD] = {VERSION, (char)type, 0, REQUEST,
		(char)(content.len >> 8), (char)content.len, 0, 0};

	buf_add(out, head, sizeof(head));
	buf_add_span(out, content);
}

static void add_length(struct buf *out, size_t len)
{
	if (len > SHORT) {
		buf_add_char(out, (char)(len >> 24 | 0x80));
		buf_add_char(out, (char)(len >> 16));
		buf_add_char(out, (char)(len >> 8));
	}
	buf_add_char(out, (char)len);
}

static void add_pair(struct buf *out, struct span name, struct span value)
{
	add_length(out, name.len);
	add_length(out, value.len);
	buf_add_span(out, name);
	buf_add_span(out, value);
}

/* What follows the program's own URL; NULL if it has none. */
static const char *after_program(const char *uri, const char *program)
{
	const char *name = strrchr(program, '/');
	size_t len = strlen(program);

	if (name == NULL || strchr(name, '.') == NULL ||
		strncmp(uri, program, len) != 0 || uri[len] != '/')
		return NULL;
	return uri + len;
}

static const char *look_up(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (char *const *at = environment; *at != NULL; at++)
		if (strncmp(*at, name, len) == 0 && (*at)[len] == '=')
			return *at + len + 1;
	return "";
}

static void add_address(
	struct buf *out, const char *uri, const char *program, const char *base)
{
	const char *after = after_program(uri, program);
	struct buf address = {0};

	if (after != NULL)
		buf_add_span(&address, span_of(base));
	buf_add_span(&address, span_of(after == NULL ? uri : after));
	add_pair(out, span_of("REQUEST_URI"), buf_span(&address));
	buf_release(&address);
}

static void add_variable(struct buf *out, const char *variable,
	const char *program, const char *base)
{
	const char *equals = strchr(variable, '=');
	struct span name;

	if (equals == NULL)
		return;
	name = span(variable, (size_t)(equals - variable));
	/* Where chunks end, and whether they were cut, no CGI program is told. */
	if (!request_reads(name) || span_is(name, "HTTP_TRANSFER_ENCODING"))
		return;
	if (span_is(name, "REQUEST_URI"))
		add_address(out, equals + 1, program, base);
	else
		add_pair(out, name, span_of(equals + 1));
}

void cgi_say_request(
	struct buf *out, char *const *environment, const char *base)
{
	static const char role[HEAD] = {0, ROLE_RESPONDER};
	const char *program = look_up(environment, "SCRIPT_NAME");
	struct buf pairs = {0};

	for (char *const *at = environment; *at != NULL; at++)
		add_variable(&pairs, *at, program, base);
	say(out, BEGIN, span(role, sizeof(role)));
	for (size_t at = 0, len; at < pairs.len; at += len) {
		len = pairs.len - at < PIECE_MAX ? pairs.len - at : PIECE_MAX;
		say(out, PARAMS, span(pairs.at + at, len));
	}
	say(out, PARAMS, span(NULL, 0));
	buf_release(&pairs);
}

void cgi_say_body(struct buf *out, struct span piece)
{
	say(out, STDIN, piece);
}

static size_t number(const char *at)
{
	return (size_t)(uint8_t)at[0] << 8 | (uint8_t)at[1];
}

size_t cgi_hear(struct buf *answer, struct span heard, bool *ended)
{
	size_t at = 0;

	while (heard.len - at >= HEAD) {
		const char *record = heard.at + at;
		size_t content = number(record + 4);
		size_t size = HEAD + content + (uint8_t)record[6];

		if (heard.len - at < size)
			break;
		if (record[1] == STDOUT)
			buf_add(answer, record + HEAD, content);
		*ended |= record[1] == END;
		at += size;
	}
	return at;
}
