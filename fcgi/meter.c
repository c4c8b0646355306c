#include <config.h>

#include "fcgi/meter.h"

#include <stdlib.h>

#include "fcgi/channel.h"
#include "fcgi/responder.h"
#include "fcgi/subscriber.h"
#include "fcgi/window.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/wire.h"

struct meter *meter_new(void)
{
	struct meter *meter = mem_new(sizeof(*meter));

	meter->since = clock_mono_us();
	return meter;
}

void meter_free(struct meter *meter)
{
	free(meter);
}

static void add(struct meter *meter, const struct wire_event *event,
	uint64_t at, uint64_t writes)
{
	if (event->id != 0 && event->taken != 0 && event->taken <= at)
		histogram_add(&meter->latency, at - event->taken, writes);
}

void meter_latency(struct meter *meter, const struct subscriber *sub,
	uint64_t from, uint64_t at, uint64_t writes)
{
	const struct window *window = sub->responder->window;

	for (uint16_t i = 0; i < sub->count; i++) {
		const struct channel *channel = sub->seats[i].channel;
		uint32_t index = channel_after(channel, from);

		for (; index < channel->count; index++) {
			uint64_t position = channel_at(channel, index);

			if (position > sub->pos)
				break;
			add(meter, &window_entry(window, position)->event, at,
				writes);
		}
	}
}

void meter_report(struct meter *meter, struct buf *out, uint32_t subscribers)
{
	uint64_t now = clock_mono_us();

	wire_put_u64(out, now - meter->since);
	wire_put_u32(out, subscribers);
	for (int i = 0; i < METER_CLASSES; i++)
		wire_put_u64(out, meter->answers[i]);
	wire_put_u64(out, meter->delivered);
	wire_put_u64(out, meter->replayed);
	histogram_put(out, &meter->latency);
	*meter = (struct meter){.since = now};
}
