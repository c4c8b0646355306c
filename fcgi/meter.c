#include <config.h>

#include "fcgi/meter.h"

#include <stdlib.h>

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
