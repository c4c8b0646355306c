#include <config.h>

#include "fcgi/feed.h"

#include "fcgi/audience.h"
#include "fcgi/channel.h"
#include "fcgi/dialogue.h"
#include "fcgi/fanout.h"
#include "fcgi/meter.h"
#include "fcgi/responder.h"
#include "fcgi/stream.h"
#include "fcgi/window.h"

static void on_begin(void *arg, uint64_t from, bool same)
{
	struct feed *feed = arg;
	struct responder *responder = feed->responder;

	if (same)
		return;
	stream_voiding(responder);
	window_begin(responder->window, from);
	stream_voided(responder);
}

/* A volatile event is for those who are there: without any it would only push
 * stored ones out of the window. */
static bool is_heard(const struct responder *responder, struct span name)
{
	const struct channel *channel =
		channel_find(audience_channels(responder->audience), name);

	return channel != NULL && channel->subscribers > 0;
}

static void on_event(void *arg, const struct wire_event *event)
{
	struct feed *feed = arg;
	struct responder *responder = feed->responder;

	if (event->id == 0 && !is_heard(responder, event->channel))
		return;
	fanout_channel(
		responder->fanout, window_append(responder->window, event));
}

static void on_filled(void *arg)
{
	struct feed *feed = arg;

	stream_filled(feed->responder);
}

/* What the window holds is served on; nobody waits for more. */
static void on_lost(void *arg)
{
	struct feed *feed = arg;

	stream_filled(feed->responder);
}

static void on_count(void *arg, struct span only, struct buf *out)
{
	struct feed *feed = arg;

	audience_census(feed->responder->audience, only, out);
}

static void on_measure(void *arg, struct buf *out)
{
	struct feed *feed = arg;
	struct responder *responder = feed->responder;

	meter_report(responder->meter, out, (uint32_t)stream_count(responder));
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
