/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/subscribe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/rights.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/presence/wish.h"
#include "fcgi/stream/admit.h"
#include "fcgi/stream/asked.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/keepalive.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/streams.h"
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
	uint64_t ago;

	subscription->fresh = false;
	if (span_is(text, "all")) {
		subscription->from = WIRE_ALL;
		return NULL;
	}
	if (text_to_u64(text, &subscription->value)) {
		subscription->from = WIRE_AFTER;
		return NULL;
	}
	if (!text_to_duration(text, &ago))
		return "?since= is a duration such as 30s, 10m, 2h or 7d, a "
		       "cursor, or all";
	subscription->from = WIRE_SINCE;
	subscription->value = ago < now ? now - ago : 0;
	return NULL;
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

/* ---- the answer */

/* Who asks for a channel by its name must be allowed to read it; of what a
 * pattern matches he is given what he may. */
static enum access_word may_read(
	const struct access *access, const struct subscription *subscription)
{
	uint16_t names =
		(uint16_t)(subscription->count - subscription->patterns);
	enum access_word word = ACCESS_YES;

	for (uint16_t i = 0; word == ACCESS_YES && i < names; i++)
		word = access_may_read(
			access, subscription->grant, subscription->channels[i]);
	return word;
}

/* False if it has been refused; then there is no grant. */
static bool is_allowed(struct subscribe *subscribe, struct request *request,
	struct subscription *subscription)
{
	enum access_word word = access_may_listen(
		subscribe->access, request, &subscription->grant);

	if (word == ACCESS_YES)
		word = may_read(subscribe->access, subscription);
	if (word == ACCESS_YES)
		return true;
	grant_drop(subscription->grant);
	admit_refuse(subscribe->admit, request, word);
	return false;
}

/* Those that began together do not all come back together. */
static uint64_t end_of_age(const struct subscribe *subscribe)
{
	uint64_t spread = subscribe->stream_age_ms / 5;

	if (spread == 0)
		return RIGHTS_NO_END;
	return clock_date_ms(subscribe->clock) + spread * 4 +
	       (uint64_t)random() % spread;
}

/* When the grant ends, or when the stream is nearly as old as they get. */
static struct expiry_lease end_of(
	const struct subscribe *subscribe, const struct grant *grant)
{
	uint64_t old = end_of_age(subscribe), until = grant_until(grant);
	struct expiry_lease end = {0};

	if (old < until)
		end.reason = EXPIRED_AGE;
	else if (until != RIGHTS_NO_END)
		end.reason = EXPIRED_TOKEN;
	end.lease.second = (old < until ? old : until) / 1000;
	return end;
}

static void open_stream(struct subscribe *subscribe, struct request *request,
	struct subscription *subscription)
{
	if (!is_allowed(subscribe, request, subscription))
		return;
	subscription->client =
		admit_enter(subscribe->admit, request, subscription);
	if (subscription->client == NULL) {
		grant_drop(subscription->grant);
		return;
	}
	if (subscription->presence != 0)
		wish_name(subscription, request);
	subscription->end = end_of(subscribe, subscription->grant);
	subscription->fd = request->fd;
	subscription->request = request->id;
	subscription->headers = buf_span(&request->headers);
	request->fd = -1;
	streams_open(subscribe->streams, subscription);
	request_free(request);
}

static void subscribe_to(
	struct subscription *subscription, const struct asked *asked)
{
	subscription->channels = asked->names;
	subscription->count =
		(uint16_t)(asked->channel_count + asked->pattern_count);
	subscription->patterns = (uint16_t)asked->pattern_count;
	subscription->types = buf_span(&asked->wanted);
}

/* The channels are collected; `fault` is what was wrong with them. */
static void answer(struct subscribe *subscribe, struct request *request,
	const struct target *target, struct stream_query *wanted,
	struct asked_fault fault)
{
	struct subscription subscription = {
		.envelope = query_flag(target->query, "envelope")};

	asked_sort(&wanted->asked);
	subscribe_to(&subscription, &wanted->asked);
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
		fault.code = "bad_presence";
		fault.sentence = wish_read(
			&subscription, target->query, subscribe->presence);
	}
	if (fault.sentence == NULL)
		open_stream(subscribe, request, &subscription);
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
