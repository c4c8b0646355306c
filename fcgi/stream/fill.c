/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/fill.h"

#include "fcgi/stream/carry.h"
#include "fcgi/stream/patterns.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "lib/event/selector.h"

bool fill_is_due(const struct topic *topic)
{
	return topic_is_pattern(topic) && !topic->filled;
}

/* The next place at which there may be one of its events; 0 if there is none.
 */
static uint64_t next_place(
	const struct window *window, const struct topic *topic)
{
	uint64_t floor = window_floor(window);
	uint64_t looked = topic->looked < floor ? floor : topic->looked;
	const struct topic *channel;
	uint32_t index;

	if (topic_kind(topic) != SELECTOR_EXACT)
		return looked < window_end(window) ? looked + 1 : 0;
	channel = topic_find(window_topics(window), topic_name(topic));
	if (channel == NULL)
		return 0;
	index = topic_after(channel, looked);
	return index < channel->count ? topic_at(channel, index) : 0;
}

/* Asks each channel once, if no other pattern is filled meanwhile. */
static bool fits(struct topic *channel, const struct topic *pattern)
{
	if (channel->looked != pattern->number) {
		channel->looked = pattern->number;
		channel->fits = selector_matches(
			pattern->selector, topic_name(channel));
	}
	return channel->fits;
}

static void look_at(
	const struct window *window, struct topic *topic, uint64_t place)
{
	const struct entry *entry = window_entry(window, place);

	topic->looked = place;
	if (!fits(entry->topic, topic) || !carries(topic, &entry->event))
		return;
	topic_push(topic, place);
	topics_patterns(window_topics(window))->held++;
}

bool fill_some(
	const struct window *window, struct topic *topic, unsigned places)
{
	uint64_t place = 0;

	if (!fill_is_due(topic))
		return true;
	while (places-- > 0 && (place = next_place(window, topic)) != 0)
		look_at(window, topic, place);
	if (place != 0)
		return false;
	topic->evicted = window_floor(window);
	topic->filled = true;
	return true;
}
