/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/carry.h"

#include "fcgi/stream/filter.h"
#include "fcgi/stream/patterns.h"
#include "fcgi/stream/selection.h"
#include "fcgi/stream/topic.h"

bool carries(const struct topic *pattern, const struct wire_event *event)
{
	if (pattern->filter != NULL)
		return filter_takes(pattern->filter, event->traits);
	return selection_carries(
		topic_kind(pattern), topic_types(pattern), event);
}

void carry_push(struct patterns *patterns, struct topic *channel,
	const struct wire_event *event, uint64_t position)
{
	const struct patterns_of *matched = patterns_match(patterns, channel);

	for (uint32_t i = 0; matched != NULL && i < matched->count; i++) {
		struct topic *pattern = matched->of[i].topic;

		if (!pattern->filled || !carries(pattern, event))
			continue;
		topic_push(pattern, position);
		patterns->held++;
	}
}

void carry_evict(struct patterns *patterns, struct topic *channel,
	const struct wire_event *event, uint64_t position)
{
	const struct patterns_of *matched = patterns_match(patterns, channel);

	for (uint32_t i = 0; matched != NULL && i < matched->count; i++) {
		struct topic *pattern = matched->of[i].topic;

		if (position > pattern->looked && !pattern->filled)
			continue;
		if (!carries(pattern, event))
			continue;
		topic_evict(pattern, position);
		patterns->held--;
	}
}
