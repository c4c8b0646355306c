/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/selection.h"

#include <string.h>

#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/types.h"
#include "lib/event/selector.h"
#include "lib/event/traits.h"

bool selection_carries(enum selector_kind kind, struct span types,
	const struct wire_event *event)
{
	return (event->id != 0 || kind == SELECTOR_EXACT) &&
	       types_want(types, event->type);
}

bool selection_is_open(struct span traits)
{
	struct trait_topics topics;

	if (traits.len == 0)
		return true;
	if (traits_are_guarded(traits) ||
		trait_find(traits, TRAIT_EXPIRES).len > 0)
		return false;
	return !trait_topics(traits, &topics) || topics.index == 0;
}

/* As subscribe.c sorts them. */
static int compare(struct span a, struct span b)
{
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	if (order != 0 || a.len == b.len)
		return order;
	return a.len < b.len ? -1 : 1;
}

/* Is one of its patterns for the channel? */
static bool matches(const struct subscriber *sub, struct span name)
{
	for (uint16_t i = (uint16_t)(sub->count - sub->patterns);
		i < sub->count; i++)
		if (selector_matches(sub->memberships[i].topic->selector, name))
			return true;
	return false;
}

static bool listens(const struct subscriber *sub, struct span name)
{
	uint16_t low = 0, high = (uint16_t)(sub->count - sub->patterns);

	while (low < high) {
		uint16_t middle = (uint16_t)((low + high) / 2);
		int order = compare(
			topic_name(sub->memberships[middle].topic), name);

		if (order == 0)
			return true;
		if (order < 0)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return matches(sub, name);
}

static bool listens_before(
	const struct subscriber *sub, struct trait_topics topics)
{
	for (uint8_t i = 0; i < topics.index; i++)
		if (listens(sub, trait_next_topic(&topics.names)))
			return true;
	return false;
}

static bool has_expired(const struct subscriber *sub, struct span traits)
{
	return trait_find(traits, TRAIT_EXPIRES).len > 0 &&
	       traits_have_expired(
		       traits, clock_date_ms(loop_clock(sub->home->loop)));
}

bool selection_takes(const struct subscriber *sub, struct span traits)
{
	struct trait_topics topics;

	if (selection_is_open(traits))
		return true;
	if (traits_are_guarded(traits) || has_expired(sub, traits))
		return false;
	return !trait_topics(traits, &topics) || !listens_before(sub, topics);
}
