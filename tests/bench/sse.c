/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/sse.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

struct event {
	const char *id;
	size_t id_len;
	const char *payload;
	bool data;
	bool reset;
};

void sse_begin(struct sse *sse, bool chunked)
{
	sse->phase = chunked ? SSE_SIZE : SSE_WHOLE;
	sse->left = 0;
	sse->held = 0;
	sse->spoke = false;
}

void sse_release(struct sse *sse)
{
	free(sse->carry);
	sse->carry = NULL;
	sse->held = 0;
}

static void keep_id(struct sse *sse, const struct event *event)
{
	if (event->id_len > SSE_ID_MAX)
		errx(1, "sse: an id of %zu bytes", event->id_len);
	memcpy(sse->id, event->id, event->id_len);
	sse->id[event->id_len] = '\0';
	sse->id_len = (uint8_t)event->id_len;
}

static void dispatch(
	struct sse *sse, struct sse_sink *sink, const struct event *event)
{
	struct payload payload;

	sse->spoke |= event->data;
	sink->resets += event->reset;
	if (event->id != NULL)
		keep_id(sse, event);
	if (event->payload == NULL)
		sink->others += event->data;
	else if (payload_read(event->payload, sink->size, &payload))
		ledger_deliver(sink->ledger, sse->stream, &payload, sink->now);
	else
		sink->damaged++;
}

static void field(
	struct sse *sse, struct event *event, const char *line, size_t len)
{
	if (len >= 4 && memcmp(line, "id: ", 4) == 0) {
		event->id = line + 4;
		event->id_len = len - 4;
	} else if (len >= 5 && memcmp(line, "data:", 5) == 0) {
		event->data = true;
	} else if (len == 12 && memcmp(line, "event: reset", 12) == 0) {
		event->reset = true;
	} else if (len > 7 && memcmp(line, "retry: ", 7) == 0) {
		sse->retry_ms = (uint32_t)strtoul(line + 7, NULL, 10);
	} else if (line[0] != ':' &&
		   (len < 7 || memcmp(line, "event: ", 7) != 0)) {
		errx(1, "sse: no line of a stream: %.*s", (int)len, line);
	}
}

/* A line of payload ends where its size says; one of another size is some
 * other data. */
static const char *payload_line(
	const struct sse_sink *sink, const char *line, const char *end)
{
	const char *eol = line + 6 + sink->size;

	if (eol < end && *eol == '\n' && memcmp(line, "data: ", 6) == 0 &&
		line[6] >= '0' && line[6] <= '9')
		return eol;
	return NULL;
}

/* One event, or NULL if its blank line is not there yet. */
static const char *take_event(
	struct sse *sse, struct sse_sink *sink, const char *at, const char *end)
{
	struct event event = {0};

	for (const char *line = at; line < end;) {
		const char *eol = payload_line(sink, line, end);
		if (eol != NULL) {
			event.payload = line + 6;
			event.data = true;
			line = eol + 1;
			continue;
		}
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL)
			return NULL;
		if (eol == line) {
			dispatch(sse, sink, &event);
			return eol + 1;
		}
		field(sse, &event, line, (size_t)(eol - line));
		line = eol + 1;
	}
	return NULL;
}

/* All whole events; returns where the cut one begins. */
static char *take_events(
	struct sse *sse, struct sse_sink *sink, char *at, const char *end)
{
	const char *next;

	while ((next = take_event(sse, sink, at, end)) != NULL)
		at += next - at;
	return at;
}

static int hex(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
		return (digit | 0x20) - 'a' + 10;
	return -1;
}

/* The chunk's size line, whose bytes may come one by one. */
static char *take_size(struct sse *sse, char *at, const char *end)
{
	while (at < end) {
		char byte = *at++;
		if (byte == '\n') {
			sse->phase = sse->left == 0 ? SSE_END : SSE_DATA;
			return at;
		}
		if (hex(byte) >= 0)
			sse->left = sse->left * 16 + (size_t)hex(byte);
		else if (byte != '\r')
			errx(1, "sse: no chunk size: byte %02x", byte & 0xff);
	}
	return at;
}

static void keep(struct sse *sse, const char *tail, size_t len)
{
	if (len > SSE_CARRY)
		errx(1, "sse: an event of more than %d bytes", SSE_CARRY);
	if (len > 0) {
		char *room = realloc(sse->carry, len);
		if (room == NULL)
			err(1, "sse");
		sse->carry = room;
		memcpy(sse->carry, tail, len);
	} else {
		free(sse->carry);
		sse->carry = NULL;
	}
	sse->held = (uint32_t)len;
}

void sse_read(struct sse *sse, struct sse_sink *sink, char *at, size_t len)
{
	char *end = at + len;
	size_t cut = sse->held;
	char *tail = at - cut;

	sink->bytes += len;
	if (cut > 0)
		memcpy(tail, sse->carry, cut);
	if (sse->phase == SSE_WHOLE)
		sse->left = len;
	while (at < end && sse->phase != SSE_END) {
		if (sse->phase == SSE_SIZE) {
			at = take_size(sse, at, end);
			continue;
		}
		if (sse->phase == SSE_CRLF) {
			if (*at++ == '\n')
				sse->phase = SSE_SIZE;
			continue;
		}
		size_t run = (size_t)(end - at);
		if (run > sse->left)
			run = sse->left;
		memmove(at - cut, tail, cut);
		tail = take_events(sse, sink, at - cut, at + run);
		at += run;
		cut = (size_t)(at - tail);
		sse->left -= run;
		if (sse->left == 0 && sse->phase == SSE_DATA)
			sse->phase = SSE_CRLF;
	}
	if (cut > 0 || sse->held > 0)
		keep(sse, tail, cut);
}
