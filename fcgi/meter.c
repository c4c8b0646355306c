#include <config.h>

#include "fcgi/meter.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/wire.h"

struct meter *meter_new(const struct clock *clock)
{
	struct meter *meter = mem_new(sizeof(*meter));

	meter->clock = clock;
	meter->since = clock_now_us(clock);
	return meter;
}

void meter_free(struct meter *meter)
{
	free(meter);
}

void meter_report(struct meter *meter, struct buf *out, uint32_t subscribers)
{
	uint64_t now = clock_now_us(meter->clock);

	wire_put_u64(out, now - meter->since);
	wire_put_u32(out, subscribers);
	for (int i = 0; i < METER_CLASSES; i++)
		wire_put_u64(out, meter->answers[i]);
	wire_put_u64(out, meter->delivered);
	wire_put_u64(out, meter->replayed);
	histogram_put(out, &meter->latency);
	*meter = (struct meter){.clock = meter->clock, .since = now};
}
