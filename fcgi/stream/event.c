/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/event.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/types.h"
#include "lib/clock.h"
#include "lib/event/traits.h"
#include "lib/json/json.h"

void event_head(struct buf *out, enum event_dress dress, uint64_t retry_ms,
	struct span headers)
{
	buf_add_text(out, "Status: 200 OK\r\n"
			  "Content-Type: " EVENT_STREAM_TYPE "\r\n"
			  "Cache-Control: no-store, no-transform\r\n"
			  "X-Accel-Buffering: no\r\n"
			  "X-Content-Type-Options: nosniff\r\n");
	buf_add_span(out, headers);
	retry_ms += (uint64_t)random() % (retry_ms + 1);
	buf_add_text(out, dress == EVENT_MERCURE ? "\r\n:\n" : "\r\n");
	buf_printf(out, "retry: %" PRIu64 "\n", retry_ms);
}

static void add_number(struct buf *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_add(out, digits + at, sizeof(digits) - at);
}

static void add_line(struct buf *out, const char *at, size_t len)
{
	char *to = buf_reserve(out, len + 7);

	memcpy(to, "data: ", 6);
	if (len > 0)
		memcpy(to + 6, at, len);
	to[len + 6] = '\n';
	out->len += len + 7;
}

/* The next `c` at or after `at`, `end` if there is none.  `known` is what was
 * found last: it is searched again only once it has been passed, or data of
 * nothing but CRs would be searched for an LF at each of them. */
static const char *find_next(
	const char *known, const char *at, const char *end, char c)
{
	const char *found;

	if (known != NULL && known >= at)
		return known;
	found = at == end ? NULL : memchr(at, c, (size_t)(end - at));
	return found == NULL ? end : found;
}

static void add_data(struct buf *out, struct span data)
{
	const char *at = data.len == 0 ? "" : data.at;
	const char *end = at + data.len;
	const char *lf = NULL;
	const char *cr = NULL;

	for (;;) {
		const char *stop;

		lf = find_next(lf, at, end, '\n');
		cr = find_next(cr, at, end, '\r');
		stop = lf < cr ? lf : cr;
		add_line(out, at, (size_t)(stop - at));
		if (stop == end)
			return;
		at = stop + 1;
		if (stop == cr && at < end && *at == '\n')
			at++;
	}
}

/* The other channels of its publish, if there are any. */
static void add_also(struct buf *out, struct span traits)
{
	const char *before = ",\"also\":[";
	struct trait_topics topics;

	if (traits.len == 0 || !trait_topics(traits, &topics))
		return;
	for (unsigned i = 0; i < topics.count; i++) {
		struct span name = trait_next_topic(&topics.names);

		if (i == topics.index)
			continue;
		buf_add_text(out, before);
		json_quote(out, name);
		before = ",";
	}
	buf_add_char(out, ']');
}

static void add_envelope(
	struct buf *out, const struct wire_event *event, enum event_dress dress)
{
	buf_add_text(out, "data: {\"channel\":");
	json_quote(out, event->channel);
	buf_add_text(out, ",\"data\":");
	json_quote(out, event->data);
	if ((dress & EVENT_SEALED) == EVENT_ENVELOPE)
		add_also(out, event->traits);
	if ((dress & EVENT_TIMED) != 0) {
		buf_add_text(out, ",\"at\":\"");
		clock_rfc3339(out, event->at);
		buf_add_char(out, '"');
	}
	buf_add_text(out, "}\n");
}

static uint64_t shown_id(const struct wire_event *event)
{
	return event->traits.len == 0 ? event->id
				      : event->id + traits_rise(event->traits);
}

void event_id(struct buf *out, enum event_dress dress, uint64_t id)
{
	if (dress == EVENT_MERCURE)
		buf_add(out, "id: #", 5);
	else
		buf_add(out, "id: ", 4);
	add_number(out, id);
	buf_add_char(out, '\n');
}

/* What the publisher has asked for. */
static void add_retry(struct buf *out, struct span traits)
{
	uint32_t ms;

	if (trait_retry(traits, &ms))
		buf_printf(out, "retry: %" PRIu32 "\n", ms);
}

static void add_own_id(
	struct buf *out, const struct wire_event *event, enum event_dress dress)
{
	struct span label = {0};

	if (dress == EVENT_MERCURE)
		label = trait_find(event->traits, TRAIT_LABEL);
	if (label.len == 0) {
		event_id(out, dress, shown_id(event));
		return;
	}
	buf_add(out, "id: ", 4);
	buf_add_span(out, label);
	buf_add_char(out, '\n');
}

static void add_plain(
	struct buf *out, const struct wire_event *event, enum event_dress dress)
{
	if ((dress & EVENT_TIMED) != 0) {
		buf_add(out, "at: ", 4);
		clock_rfc3339(out, event->at);
		buf_add_char(out, '\n');
	}
	add_data(out, event->data);
}

void event_text(
	struct buf *out, const struct wire_event *event, enum event_dress dress)
{
	if (event->id != 0)
		add_own_id(out, event, dress);
	if (event->type.len > 0 && !span_is(event->type, "message")) {
		buf_add(out, "event: ", 7);
		buf_add_span(out, event->type);
		buf_add_char(out, '\n');
	}
	if (dress == EVENT_MERCURE)
		add_retry(out, event->traits);
	if ((dress & EVENT_ENVELOPE) != 0)
		add_envelope(out, event, dress);
	else
		add_plain(out, event, dress);
	buf_add_char(out, '\n');
}

static void add_names(struct buf *out, const struct span *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		json_quote(out, names[i]);
	}
}

static void add_types(struct buf *out, struct span types)
{
	const char *before = "],\"events\":[";
	struct span type;

	while (types_next(&types, &type)) {
		buf_add_text(out, before);
		json_quote(out, type);
		before = ",";
	}
}

void event_connected(struct buf *out, uint64_t id,
	const struct event_channels *of, bool behind, uint64_t now)
{
	buf_printf(out, "id: %" PRIu64 "\nevent: connected\n", id);
	buf_add_text(out, "data: {\"channels\":[");
	add_names(out, of->names, of->channels);
	if (of->patterns > 0) {
		buf_add_text(out, "],\"patterns\":[");
		add_names(out, of->names + of->channels, of->patterns);
	}
	add_types(out, of->types);
	buf_add_text(out, "],\"timestamp\":\"");
	clock_rfc3339(out, now);
	buf_add_text(out, behind ? "\",\"behind\":true}\n\n" : "\"}\n\n");
}

/* `before`: what stands before a cursor. */
static void add_id(
	struct buf *out, const char *name, const char *before, uint64_t id)
{
	if (id == 0)
		buf_printf(out, ",\"%s\":null", name);
	else
		buf_printf(out, ",\"%s\":\"%s%" PRIu64 "\"", name, before, id);
}

void event_reset(struct buf *out, enum event_dress dress, uint64_t id,
	const struct event_gap *gap)
{
	const char *before = dress == EVENT_MERCURE ? "#" : "";

	event_id(out, dress, id);
	buf_add_text(out, "event: reset\ndata: {\"requested\":");
	json_quote(out, gap->requested);
	add_id(out, "oldest", before, gap->oldest);
	add_id(out, "newest", before, gap->newest);
	buf_add_text(out, "}\n\n");
}

void event_live(struct buf *out, uint64_t id)
{
	buf_printf(out, "id: %" PRIu64 "\nevent: live\ndata: {}\n\n", id);
}

void event_parting(struct buf *out, uint64_t id, uint64_t retry_ms)
{
	buf_printf(out, "retry: %" PRIu64 "\n", retry_ms);
	event_live(out, id);
}

void event_expired(struct buf *out, uint64_t id, const char *reason)
{
	if (id != 0)
		buf_printf(out, "id: %" PRIu64 "\n", id);
	buf_printf(
		out, "event: expired\ndata: {\"reason\":\"%s\"}\n\n", reason);
}

struct span event_comment(void)
{
	return span_of(":\n");
}
