/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/wish.h"

#include "fcgi/guard/grant.h"
#include "fcgi/http/query.h"
#include "fcgi/http/request.h"
#include "fcgi/presence/presence.h"
#include "fcgi/stream/opening.h"
#include "lib/event/active.h"
#include "lib/event/selector.h"

static const char *read_by(struct subscription *subscription, struct span query)
{
	struct pair pair;

	subscription->presence = PRESENCE_SEES;
	if (!query_find(query, "by", &pair) || span_is(pair.value, "stream"))
		return NULL;
	subscription->presence = PRESENCE_BY_USER;
	return span_is(pair.value, "user") ? NULL : "?by= is user or stream";
}

bool wish_can_see(struct span channel)
{
	return selector_kind(channel) == SELECTOR_EXACT ||
	       selector_fault(channel) != NULL;
}

bool wish_sees_whole(const struct grant *grant, struct span channel)
{
	const struct active active = {.topic = channel};
	struct buf path = {0};
	bool whole;

	active_path(&path, &active);
	whole = grant_subscribes(grant, buf_span(&path));
	buf_release(&path);
	return whole;
}

static bool can_see_all(const struct subscription *subscription)
{
	uint16_t channels =
		(uint16_t)(subscription->count - subscription->patterns);

	for (uint16_t i = 0; i < channels; i++)
		if (!wish_can_see(subscription->channels[i]))
			return false;
	return true;
}

const char *wish_read(
	struct subscription *subscription, struct span query, bool on)
{
	struct pair pair;

	if (!query_find(query, "presence", &pair) || span_is(pair.value, "0"))
		return NULL;
	if (!span_is(pair.value, "1"))
		return "?presence= is 1 or 0";
	if (!on)
		return "nobody says here that he is there "
		       "(mercure_subscriptions)";
	if (subscription->count > ACTIVE_TOPICS_MAX)
		return "a stream that says that it is there has at most 100 "
		       "channels and patterns";
	if (!can_see_all(subscription))
		return "nobody sees who is on a channel that is spelt like a "
		       "pattern";
	return read_by(subscription, query);
}

void wish_name(struct subscription *subscription, const struct request *request)
{
	subscription->address = request->address;
	subscription->user = span_of(grant_subject(subscription->grant));
	subscription->payload = span_of(grant_payload(subscription->grant));
}
