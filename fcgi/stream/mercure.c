/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/mercure.h"

#include <string.h>

#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/presence/presence.h"
#include "fcgi/stream/asked.h"
#include "fcgi/stream/entrance.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscribe.h"
#include "lib/event/active.h"
#include "lib/text.h"

/* ---- where to begin */

/* The id behind a `#`. */
static bool is_id(struct span text, uint64_t *id)
{
	return text.len > 0 && text.at[0] == '#' &&
	       text_to_u64(span(text.at + 1, text.len - 1), id);
}

static enum wire_from kind_of(struct span text, uint64_t *id)
{
	if (span_is(text, "earliest"))
		return WIRE_ALL;
	if (is_id(text, id))
		return WIRE_AFTER;
	/* No publisher's own begins so. */
	if (text.at[0] == '#' || text_key_fault(text) != NULL)
		return WIRE_UNKNOWN;
	return WIRE_LABEL;
}

static void read_begin(struct subscription *subscription,
	const struct request *request, struct span query, struct buf *text)
{
	subscription->fresh = !query_last_id(text, request, query);
	subscription->tells = !subscription->fresh || query_has_last_id(query);
	if (subscription->fresh)
		return;
	subscription->from = kind_of(buf_span(text), &subscription->value);
	if (subscription->from != WIRE_UNKNOWN)
		subscription->requested = buf_span(text);
}

/* ---- the answer */

/* What scripts are made of hardly ever says all three. */
static bool is_browser(const struct request *request)
{
	static const char mozilla[] = "Mozilla/";

	return strcmp(request->accept, "text/event-stream") == 0 &&
	       strcmp(request->cache_control, "no-cache") == 0 &&
	       strncmp(request->user_agent, mozilla, sizeof(mozilla) - 1) == 0;
}

static void open_stream(struct subscribe *subscribe, struct request *request,
	const struct target *target, struct asked *asked)
{
	struct subscription subscription = {.dress = EVENT_MERCURE,
		.browser = is_browser(request),
		.gaps = query_flag(target->query, "gaps")};
	struct buf cursor = {0};

	asked_sort(asked);
	asked_fill(asked, &subscription);
	if (subscribe->presence)
		subscription.presence = PRESENCE_SEEN;
	read_begin(&subscription, request, target->query, &cursor);
	entrance_pass(subscribe, request, &subscription, ENTRANCE_ANYHOW);
	buf_release(&cursor);
}

void mercure_subscribe(
	void *room, struct request *request, const struct target *target)
{
	struct subscribe *subscribe = room;
	struct asked_fault fault;
	struct asked asked;

	asked_init(&asked, target->query.len);
	fault = asked_add_topics(&asked, target->query);
	if (fault.sentence == NULL && subscribe->presence &&
		asked_count(&asked) > ACTIVE_TOPICS_MAX)
		fault = (struct asked_fault){"bad_topic",
			"a stream has at most 100 topics here "
			"(mercure_subscriptions)"};
	if (fault.sentence == NULL)
		open_stream(subscribe, request, target, &asked);
	else
		reply_error(subscribe->replies, request, 400, fault.code,
			fault.sentence);
	asked_release(&asked);
}
