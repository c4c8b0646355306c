/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/subscribe.h"

#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/presence/wish.h"
#include "fcgi/stream/asked.h"
#include "fcgi/stream/entrance.h"
#include "fcgi/stream/keepalive.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/since.h"
#include "lib/clock.h"
#include "lib/text.h"

enum {
	CURSOR_MAX = 64, /* bytes of a cursor that we repeat in a `reset` */
};

/* What is collected for one subscription. */
struct stream_query {
	struct asked asked;
	struct buf cursor; /* decoded */
};

static void stream_query_release(struct stream_query *wanted)
{
	asked_release(&wanted->asked);
	buf_release(&wanted->cursor);
}

/* A decoded name is no longer than it was. */
static void stream_query_init(
	struct stream_query *wanted, const struct target *target)
{
	*wanted = (struct stream_query){0};
	asked_init(&wanted->asked, target->channel.len + target->query.len);
}

/* ---- where to begin */

static const char *read_since(
	struct subscription *subscription, struct span text, uint64_t now)
{
	struct since since;
	const char *fault = since_read(&since, text, now);

	if (since.last && subscription->types.len > 0)
		return "since=last is the last event of each channel, of "
		       "whatever type: it goes without ?event=";
	subscription->fresh = false;
	subscription->last = since.last;
	subscription->from = since.from;
	subscription->value = since.value;
	return fault;
}

static void read_cursor(struct subscription *subscription, struct span text)
{
	subscription->fresh = false;
	subscription->from = text_to_u64(text, &subscription->value)
				     ? WIRE_AFTER
				     : WIRE_UNKNOWN;
}

/* As much of the cursor as can be repeated to the browser. */
static struct span repeatable(struct span text)
{
	if (text.len > CURSOR_MAX)
		text.len = CURSOR_MAX;
	return text_is_utf8(text, NULL) ? text : span(NULL, 0);
}

static const char *read_begin(struct stream_query *wanted,
	struct subscription *subscription, const struct request *request,
	struct span query, const struct clock *clock)
{
	struct pair pair;
	const char *fault = NULL;

	subscription->fresh = true;
	if (query_last_id(&wanted->cursor, request, query))
		read_cursor(subscription, buf_span(&wanted->cursor));
	else if (query_value(&wanted->cursor, query, "since"))
		fault = read_since(subscription, buf_span(&wanted->cursor),
			clock_date_ms(clock));
	else if (query_find(query, "since", &pair))
		fault = "?since needs a value";
	subscription->requested = repeatable(buf_span(&wanted->cursor));
	return fault;
}

/* ---- how it looks */

static const char *read_dress(
	struct subscription *subscription, struct span query)
{
	bool enveloped = query_flag(query, "envelope");
	struct pair pair;

	subscription->dress = enveloped ? EVENT_ENVELOPE : EVENT_PLAIN;
	if (!query_find(query, "time", &pair) || span_is(pair.value, "0"))
		return NULL;
	subscription->dress = enveloped ? EVENT_TIMED_ENVELOPE : EVENT_TIMED;
	return span_is(pair.value, "1") ? NULL : "?time= is 1 or 0";
}

/* ---- the answer */

/* The channels are collected; `fault` is what was wrong with them. */
static void answer(struct subscribe *subscribe, struct request *request,
	const struct target *target, struct stream_query *wanted,
	struct asked_fault fault)
{
	struct subscription subscription = {0};

	asked_sort(&wanted->asked);
	asked_fill(&wanted->asked, &subscription);
	if (fault.sentence == NULL) {
		fault.code = "bad_since";
		fault.sentence = read_begin(wanted, &subscription, request,
			target->query, subscribe->clock);
	}
	if (fault.sentence == NULL) {
		fault.code = "bad_keepalive";
		fault.sentence = keepalive_read(
			&subscription.keepalive_ms, target->query);
	}
	if (fault.sentence == NULL) {
		fault.code = "bad_query";
		fault.sentence = read_dress(&subscription, target->query);
	}
	if (fault.sentence == NULL) {
		fault.code = "bad_presence";
		fault.sentence = wish_read(
			&subscription, target->query, subscribe->presence);
	}
	if (fault.sentence == NULL)
		entrance_pass(
			subscribe, request, &subscription, ENTRANCE_BY_NAME);
	else
		reply_error(subscribe->replies, request, 400, fault.code,
			fault.sentence);
	stream_query_release(wanted);
}

void subscribe_channels(
	void *room, struct request *request, const struct target *target)
{
	struct stream_query wanted;
	struct asked_fault fault;

	stream_query_init(&wanted, target);
	fault = asked_add_query(&wanted.asked, target->query);
	if (fault.sentence == NULL &&
		wanted.asked.channel_count + wanted.asked.pattern_count == 0)
		fault = asked_add_channel(&wanted.asked, target->channel);
	answer(room, request, target, &wanted, fault);
}

/* The path's own, and what the query adds. */
static struct asked_fault collect(
	struct stream_query *wanted, const struct target *target)
{
	struct asked_fault fault;

	stream_query_init(wanted, target);
	fault = asked_add_channel(&wanted->asked, target->channel);
	return fault.sentence != NULL
		       ? fault
		       : asked_add_query(&wanted->asked, target->query);
}

void subscribe_channel(
	void *room, struct request *request, const struct target *target)
{
	struct stream_query wanted;
	struct asked_fault fault = collect(&wanted, target);

	answer(room, request, target, &wanted, fault);
}

void subscribe_one(
	void *room, struct request *request, const struct target *target)
{
	struct stream_query wanted;
	struct asked_fault fault = collect(&wanted, target);

	asked_sort(&wanted.asked);
	if (fault.sentence == NULL &&
		wanted.asked.channel_count + wanted.asked.pattern_count > 1)
		fault = (struct asked_fault){"bad_channel",
			"this stream has one channel, and takes no other: "
			"/stream?channel= and /realtime/ do"};
	answer(room, request, target, &wanted, fault);
}
