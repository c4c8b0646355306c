/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/feed.h"

#include "fcgi/counters.h"
#include "fcgi/guard/keyring.h"
#include "fcgi/history/history.h"
#include "fcgi/presence/presence.h"
#include "fcgi/stream/audience.h"
#include "fcgi/stream/fanout.h"
#include "fcgi/stream/patterns.h"
#include "fcgi/stream/renewal.h"
#include "fcgi/stream/report.h"
#include "fcgi/stream/streams.h"
#include "fcgi/stream/tasks.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/session.h"
#include "lib/event/erasure.h"

static void on_begin(void *arg, uint64_t from, bool same)
{
	const struct feed *feed = arg;

	if (same)
		return;
	renewal_begin(feed->audience, feed->window);
	window_begin(feed->window, from);
	streams_begin_anew(feed->streams);
	if (feed->history != NULL)
		history_begin_anew(feed->history);
	renewal_end(feed->audience, feed->fanout);
	if (feed->presence != NULL)
		presence_begin_anew(feed->presence);
}

/* A volatile event is for those who are there: without any it would only push
 * stored ones out of the window. */
static bool is_heard(const struct feed *feed, struct span name)
{
	const struct topic *topic = topic_find(feed->topics, name);

	return topic != NULL && topic->subscribers > 0;
}

static void tell_patterns(const struct feed *feed, struct topic *topic)
{
	const struct patterns_of *matched;

	if (topic->matched == NULL)
		return;
	matched = window_patterns(feed->window, topic);
	for (uint32_t i = 0; matched != NULL && i < matched->count; i++)
		if (topic_ends_at(
			    matched->of[i].topic, window_end(feed->window)))
			fanout_topic(feed->fanout, matched->of[i].topic);
}

/* What an event says that tells of a DELETE; all others are not looked at
 * closely. */
static void hear_erasure(
	const struct feed *feed, const struct wire_event *event)
{
	struct erasure erasure;

	if (event->traits.len == 0 || !erasure_is_channel(event->channel) ||
		!erasure_get(event->traits, &erasure))
		return;
	window_erase(feed->window, &erasure);
	streams_erase(feed->streams, &erasure);
	if (feed->history != NULL)
		history_erase(feed->history);
}

static void on_event(void *arg, const struct wire_event *event)
{
	const struct feed *feed = arg;
	struct topic *topic;

	if (event->id == 0 && !is_heard(feed, event->channel))
		return;
	hear_erasure(feed, event);
	topic = window_append(feed->window, event);
	fanout_topic(feed->fanout, topic);
	tell_patterns(feed, topic);
	if (feed->history != NULL)
		history_hear(feed->history, event);
	if (feed->presence != NULL)
		presence_hear(feed->presence, event);
}

static void on_filled(void *arg)
{
	const struct feed *feed = arg;

	streams_filled(feed->streams);
}

/* What the window holds is served on; nobody waits for more. */
static void on_lost(void *arg)
{
	const struct feed *feed = arg;

	report_hub_left(audience_report(feed->audience));
	if (feed->presence != NULL)
		presence_hub_left(feed->presence);
	streams_filled(feed->streams);
}

static bool on_count(void *arg, struct buf *out)
{
	const struct feed *feed = arg;

	return report_put(audience_report(feed->audience), out);
}

static bool on_presence(void *arg, struct buf *frame)
{
	const struct feed *feed = arg;

	return feed->presence != NULL && presence_put(feed->presence, frame);
}

static void on_measure(void *arg, struct buf *out)
{
	const struct feed *feed = arg;

	counters_report(feed->counters, out,
		&(struct counters_now){
			.subscribers =
				(uint32_t)(audience_count(feed->audience) +
					   tasks_count(feed->tasks)),
			.bad_keys = feed->keyring == NULL
					    ? 0
					    : keyring_bad_files(feed->keyring),
		});
}

struct uplink_sink feed_sink(struct feed *feed)
{
	return (struct uplink_sink){
		.begin = on_begin,
		.event = on_event,
		.filled = on_filled,
		.lost = on_lost,
		.counts = on_count,
		.presence = on_presence,
		.report = on_measure,
		.arg = feed,
	};
}
