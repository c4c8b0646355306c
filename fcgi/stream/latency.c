/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/latency.h"

#include "fcgi/counters.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/view.h"
#include "fcgi/stream/window.h"
#include "lib/histogram.h"

static void add_age(struct counters *counters, const struct wire_event *event,
	uint64_t at, uint64_t writes)
{
	if (event->id != 0 && event->taken != 0 && event->taken <= at)
		histogram_add(&counters->latency, at - event->taken, writes);
}

void latency_end(const struct latency *latency, const struct window *window,
	struct counters *counters, uint64_t at, uint64_t writes)
{
	const struct subscriber *sub = latency->probe;
	const struct entry *entry;

	for (uint16_t i = 0; sub != NULL && i < sub->count; i++) {
		const struct topic *topic = sub->memberships[i].topic;
		uint32_t index = topic_after(topic, latency->from);

		for (; index < topic->count; index++) {
			uint64_t position = topic_at(topic, index);

			if (position > sub->pos)
				break;
			entry = window_entry(window, position);
			if (view_shows(sub->grant, entry))
				add_age(counters, &entry->event, at, writes);
		}
	}
}
