/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/subscribe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/http/channel_key.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/stream/admit.h"
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
	struct buf names;      /* decoded channel names, one after another */
	struct span *channels; /* in it */
	size_t count;
	struct buf cursor; /* decoded */
	struct channel_key_fault misspelt;
};

static void stream_query_release(struct stream_query *wanted)
{
	buf_release(&wanted->names);
	buf_release(&wanted->cursor);
	free(wanted->channels);
}

/* ---- channels */

/* Room for all names at once, so that the spans stay where they are: a decoded
 * name is no longer than it was. */
static void stream_query_init(
	struct stream_query *wanted, const struct target *target)
{
	*wanted = (struct stream_query){0};
	buf_reserve(
		&wanted->names, target->channel.len + target->query.len + 1);
}

static const char *add_channel(struct stream_query *wanted, size_t begin)
{
	struct span name =
		span(wanted->names.at + begin, wanted->names.len - begin);
	const char *fault = text_channel_fault(name);

	if (fault != NULL)
		return fault;
	if (wanted->count == CHANNELS_MAX)
		return "a stream has at most 1,000 channels";
	if (wanted->channels == NULL || (wanted->count & 15) == 0)
		wanted->channels = mem_resize(
			wanted->channels, (wanted->count + 16) * sizeof(name));
	wanted->channels[wanted->count++] = name;
	return NULL;
}

static const char *add_given(struct stream_query *wanted, struct span name)
{
	size_t begin = wanted->names.len;

	buf_add_span(&wanted->names, name);
	return add_channel(wanted, begin);
}

static const char *add_queried(struct stream_query *wanted, struct span query)
{
	const char *fault = NULL;
	struct pair pair;

	while (fault == NULL && query_next(&query, &pair)) {
		size_t begin = wanted->names.len;

		if (!channel_key_in_query(&pair, &wanted->misspelt)) {
			if (wanted->misspelt.sentence[0] != '\0')
				fault = wanted->misspelt.sentence;
			continue;
		}
		if (!pair.has_value)
			return "?channel needs a value";
		if (!query_decode_value(&wanted->names, pair.value))
			return "?channel= has a '%' without two hexadecimal "
			       "digits";
		fault = add_channel(wanted, begin);
	}
	return fault;
}

static int bytewise(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	int order = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);

	if (order != 0 || a->len == b->len)
		return order;
	return a->len < b->len ? -1 : 1;
}

static void sort(struct stream_query *wanted)
{
	size_t kept = 1;

	if (wanted->count < 2)
		return;
	qsort(wanted->channels, wanted->count, sizeof(struct span), bytewise);
	for (size_t i = 1; i < wanted->count; i++)
		if (!span_equal(
			    wanted->channels[i], wanted->channels[kept - 1]))
			wanted->channels[kept++] = wanted->channels[i];
	wanted->count = kept;
}

/* ---- where to begin */

/* "10m" -> milliseconds; false if it is no such thing. */
static bool read_span_of_time(struct span text, uint64_t *ms)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {
		{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
	uint64_t number;

	if (text.len < 2 || text.len > 11 ||
		!text_to_u64(span(text.at, text.len - 1), &number))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit != text.at[text.len - 1])
			continue;
		*ms = number * units[i].ms;
		return true;
	}
	return false;
}

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
	if (!read_span_of_time(text, &ago))
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

static void open_stream(struct subscribe *subscribe, struct request *request,
	struct subscription *subscription)
{
	subscription->client =
		admit_enter(subscribe->admit, request, subscription->count);
	if (subscription->client == NULL)
		return;
	subscription->fd = request->fd;
	subscription->request = request->id;
	subscription->headers = buf_span(&request->headers);
	request->fd = -1;
	streams_open(subscribe->streams, subscription);
	request_free(request);
}

/* The channels are collected; `fault` is what was wrong with them. */
static void answer(struct subscribe *subscribe, struct request *request,
	const struct target *target, struct stream_query *wanted,
	const char *fault)
{
	struct subscription subscription = {
		.envelope = query_flag(target->query, "envelope")};
	const char *code = "bad_channel";

	sort(wanted);
	subscription.channels = wanted->channels;
	subscription.count = (uint16_t)wanted->count;
	if (fault == NULL) {
		code = "bad_since";
		fault = read_begin(wanted, &subscription, request,
			target->query, subscribe->clock);
	}
	if (fault == NULL) {
		code = "bad_keepalive";
		fault = keepalive_read(
			&subscription.keepalive_ms, target->query);
	}
	if (fault == NULL)
		open_stream(subscribe, request, &subscription);
	else
		reply_error(subscribe->replies, request, 400, code, fault);
	stream_query_release(wanted);
}

void subscribe_channels(
	void *room, struct request *request, const struct target *target)
{
	struct stream_query wanted;
	const char *fault;

	stream_query_init(&wanted, target);
	fault = add_queried(&wanted, target->query);
	if (fault == NULL && wanted.count == 0)
		fault = add_given(&wanted, target->channel);
	answer(room, request, target, &wanted, fault);
}

void subscribe_channel(
	void *room, struct request *request, const struct target *target)
{
	struct stream_query wanted;
	const char *fault;

	stream_query_init(&wanted, target);
	fault = add_given(&wanted, target->channel);
	if (fault == NULL)
		fault = add_queried(&wanted, target->query);
	answer(room, request, target, &wanted, fault);
}

void subscribe_one(
	void *room, struct request *request, const struct target *target)
{
	struct stream_query wanted;
	const char *fault;

	stream_query_init(&wanted, target);
	fault = add_given(&wanted, target->channel);
	if (fault == NULL)
		fault = add_queried(&wanted, target->query);
	sort(&wanted);
	if (fault == NULL && wanted.count > 1)
		fault = "this stream has one channel, and takes no other: "
			"/stream?channel= and /realtime/ do";
	answer(room, request, target, &wanted, fault);
}
