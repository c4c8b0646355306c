#include <config.h>

#include "fcgi/feed.h"

#include "fcgi/audience.h"
#include "fcgi/channel.h"
#include "fcgi/dialogue.h"
#include "fcgi/fanout.h"
#include "fcgi/meter.h"
#include "fcgi/report.h"
#include "fcgi/stream.h"
#include "fcgi/tasks.h"
#include "fcgi/window.h"

static void on_begin(void *arg, uint64_t from, bool same)
{
	const struct feed *feed = arg;

	if (same)
		return;
	stream_voiding(feed->streams);
	window_begin(feed->window, from);
	stream_voided(feed->streams);
}

/* A volatile event is for those who are there: without any it would only push
 * stored ones out of the window. */
static bool is_heard(const struct feed *feed, struct span name)
{
	const struct channel *channel = channel_find(feed->channels, name);

	return channel != NULL && channel->subscribers > 0;
}

static void on_event(void *arg, const struct wire_event *event)
{
	const struct feed *feed = arg;

	if (event->id == 0 && !is_heard(feed, event->channel))
		return;
	fanout_channel(feed->fanout, window_append(feed->window, event));
}

static void on_filled(void *arg)
{
	const struct feed *feed = arg;

	stream_filled(feed->streams);
}

/* What the window holds is served on; nobody waits for more. */
static void on_lost(void *arg)
{
	const struct feed *feed = arg;

	report_hub_left(audience_report(feed->audience));
	stream_filled(feed->streams);
}

static bool on_count(void *arg, struct buf *out)
{
	const struct feed *feed = arg;

	return report_put(audience_report(feed->audience), out);
}

static void on_measure(void *arg, struct buf *out)
{
	const struct feed *feed = arg;

	meter_report(feed->meter, out,
		(uint32_t)(audience_count(feed->audience) +
			   tasks_count(feed->tasks)));
}

struct uplink_sink feed_sink(struct feed *feed)
{
	return (struct uplink_sink){
		.begin = on_begin,
		.event = on_event,
		.filled = on_filled,
		.lost = on_lost,
		.counts = on_count,
		.report = on_measure,
		.arg = feed,
	};
}
