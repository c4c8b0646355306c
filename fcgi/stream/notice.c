/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fcgi/stream/batch.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "fcgi/uplink/questions.h"
#include "lib/clock.h"

static bool is_native(const struct subscriber *sub)
{
	return sub->dress != EVENT_MERCURE;
}

/* ---- the head */

void notice_head(
	struct buf *out, const struct subscriber *sub, uint64_t retry_ms)
{
	event_head(out, sub->dress, retry_ms, span_of(sub->opening->headers));
}

static void add_connected(struct buf *out, const struct subscriber *sub)
{
	struct span *names = mem_new(sub->count * sizeof(*names));

	for (uint16_t i = 0; i < sub->count; i++)
		names[i] = topic_name(sub->memberships[i].topic);
	event_connected(out, sub->id,
		&(struct event_channels){names,
			(size_t)(sub->count - sub->patterns), sub->patterns,
			topic_types(sub->memberships[0].topic)},
		sub->behind, clock_date_ms(loop_clock(sub->home->loop)));
	free(names);
}

static void add_gap(struct buf *out, const struct subscriber *sub,
	const struct judged *judged, const char *asked)
{
	event_reset(out, sub->dress, sub->id,
		&(struct event_gap){
			span_of(asked), judged->oldest, judged->newest});
}

/* As who asked has spelt it, where there is no gap behind that. */
static void add_beginning(
	struct buf *out, const struct subscriber *sub, bool gap)
{
	const struct opening *opening = sub->opening;
	char digits[24];
	const char *id = opening->requested;

	if (opening->fresh) {
		snprintf(digits, sizeof(digits), "#%" PRIu64, sub->id);
		id = digits;
	} else if (gap || opening->from == WIRE_ALL) {
		id = "earliest";
	}
	buf_printf(out,
		"Last-Event-ID: %s\r\n"
		"Mercure-Last-Event-ID: %s\r\n",
		id, id);
}

/* To a browser's EventSource only: no page listens to events of this type. */
static void add_place(struct buf *out, const struct subscriber *sub)
{
	if (!sub->browser)
		return;
	event_id(out, EVENT_MERCURE, sub->id);
	buf_printf(out, "event: tidings\ndata: {}\n\n");
}

static void begin_mercure(struct buf *out, const struct subscriber *sub,
	bool gap, uint64_t retry_ms)
{
	const struct opening *opening = sub->opening;
	struct buf headers = {0};

	buf_add_span(&headers, span_of(opening->headers));
	if (opening->tells)
		add_beginning(&headers, sub, gap);
	event_head(out, EVENT_MERCURE, retry_ms, buf_span(&headers));
	buf_release(&headers);
	add_place(out, sub);
}

void notice_begin(struct buf *out, const struct subscriber *sub,
	const struct judged *judged, uint64_t retry_ms)
{
	bool gap = judged != NULL && judged->gap;

	if (is_native(sub)) {
		notice_head(out, sub, retry_ms);
		add_connected(out, sub);
	} else {
		begin_mercure(out, sub, gap, retry_ms);
	}
	if (gap && (is_native(sub) || sub->gaps))
		add_gap(out, sub, judged, sub->opening->requested);
}

/* ---- later */

/* Takes the text. */
static struct batch *batch_of(const struct subscriber *sub, struct buf *text)
{
	struct batch *batch = batch_new(sub->request, buf_span(text));

	buf_release(text);
	return batch;
}

struct batch *notice_live(const struct subscriber *sub)
{
	struct buf text = {0};

	if (!is_native(sub))
		return NULL;
	event_live(&text, sub->id);
	return batch_of(sub, &text);
}

struct batch *notice_gap(const struct subscriber *sub,
	const struct judged *judged, uint64_t asked)
{
	struct buf text = {0};
	char digits[24];

	if (!is_native(sub) && !sub->gaps)
		return NULL;
	snprintf(digits, sizeof(digits), "%s%" PRIu64,
		is_native(sub) ? "" : "#", asked);
	add_gap(&text, sub, judged, digits);
	return batch_of(sub, &text);
}

struct batch *notice_parting(const struct subscriber *sub, uint64_t retry_ms)
{
	struct buf text = {0};

	if (is_native(sub)) {
		event_parting(&text, sub->id, retry_ms);
		return batch_of(sub, &text);
	}
	buf_printf(&text, "retry: %" PRIu64 "\n", retry_ms);
	add_place(&text, sub);
	return batch_of(sub, &text);
}

struct batch *notice_expired(const struct subscriber *sub, const char *reason)
{
	struct buf text = {0};

	if (!is_native(sub))
		return NULL;
	event_expired(&text, sub->id, reason);
	return batch_of(sub, &text);
}
