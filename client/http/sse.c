/* SPDX-License-Identifier: MIT */
/*
 *   line   bytes of the line that has not ended yet
 *   data   lines of the event that has not ended yet, each with a LF
 */
#include <config.h>

#include "client/http/sse.h"

#include <string.h>

#include "lib/text.h"

void sse_init(struct sse *sse, sse_take *take, void *arg)
{
	*sse = (struct sse){.take = take, .arg = arg};
}

void sse_release(struct sse *sse)
{
	buf_release(&sse->line);
	buf_release(&sse->data);
	buf_release(&sse->type);
	buf_release(&sse->id);
}

void sse_begin(struct sse *sse)
{
	buf_clear(&sse->line);
	buf_clear(&sse->data);
	buf_clear(&sse->type);
	buf_clear(&sse->id);
	sse->has_id = sse->after_cr = sse->begun = false;
}

static bool dispatch(struct sse *sse)
{
	struct sse_event event = {.id = buf_span(&sse->id),
		.type = buf_span(&sse->type),
		.has_id = sse->has_id};
	bool go_on = true;

	if (sse->data.len > 0) {
		/* without the last line's end */
		event.data = span(sse->data.at, sse->data.len - 1);
		if (event.type.len == 0)
			event.type = span_of("message");
		go_on = sse->take(sse->arg, &event);
	}
	buf_clear(&sse->data);
	buf_clear(&sse->type);
	sse->has_id = false;
	return go_on;
}

static void set(struct buf *field, struct span value)
{
	buf_clear(field);
	buf_add_span(field, value);
}

static void on_field(struct sse *sse, struct span name, struct span value)
{
	uint64_t ms;

	if (span_is(name, "data")) {
		buf_add_span(&sse->data, value);
		buf_add_char(&sse->data, '\n');
	} else if (span_is(name, "event")) {
		set(&sse->type, value);
	} else if (span_is(name, "id")) {
		if (value.len > 0 && memchr(value.at, '\0', value.len) != NULL)
			return;
		set(&sse->id, value);
		sse->has_id = true;
	} else if (span_is(name, "retry") && text_to_u64(value, &ms)) {
		sse->retry_ms = ms;
	}
}

static bool on_line(struct sse *sse, struct span line)
{
	const char *colon;
	struct span name = line, value = {0};

	if (line.len == 0)
		return dispatch(sse);
	colon = memchr(line.at, ':', line.len);
	if (colon == line.at)
		return true; /* a comment */
	if (colon != NULL) {
		name.len = (size_t)(colon - line.at);
		value = span(colon + 1, line.len - name.len - 1);
		if (value.len > 0 && value.at[0] == ' ')
			value = span(value.at + 1, value.len - 1);
	}
	on_field(sse, name, value);
	return true;
}

/* The line is whole: what was kept of it and `rest`. */
static bool end_line(struct sse *sse, struct span rest)
{
	struct span line = rest;
	bool go_on;

	if (sse->line.len > 0) {
		buf_add_span(&sse->line, rest);
		line = buf_span(&sse->line);
	}
	if (!sse->begun && line.len >= 3 &&
		memcmp(line.at, "\xef\xbb\xbf", 3) == 0)
		line = span(line.at + 3, line.len - 3);
	sse->begun = true;
	go_on = on_line(sse, line);
	buf_clear(&sse->line);
	return go_on;
}

static size_t find_end(struct span bytes)
{
	size_t at = 0;

	while (at < bytes.len && bytes.at[at] != '\n' && bytes.at[at] != '\r')
		at++;
	return at;
}

bool sse_feed(struct sse *sse, struct span bytes)
{
	while (bytes.len > 0) {
		size_t at;

		if (sse->after_cr && bytes.at[0] == '\n')
			bytes = span(bytes.at + 1, bytes.len - 1);
		sse->after_cr = false;
		at = find_end(bytes);
		if (at == bytes.len) {
			buf_add_span(&sse->line, bytes);
			return sse->line.len + sse->data.len <= SSE_EVENT_MAX;
		}
		sse->after_cr = bytes.at[at] == '\r';
		if (!end_line(sse, span(bytes.at, at)))
			return false;
		bytes = span(bytes.at + at + 1, bytes.len - at - 1);
		if (sse->data.len > SSE_EVENT_MAX)
			return false;
	}
	return true;
}
