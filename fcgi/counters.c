/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/counters.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/wire.h"

struct counters *counters_new(const struct clock *clock)
{
	struct counters *counters = mem_new(sizeof(*counters));

	counters->clock = clock;
	counters->since = clock_now_us(clock);
	return counters;
}

void counters_free(struct counters *counters)
{
	free(counters);
}

void counters_refused(struct counters *counters, const char *code)
{
	enum refused reason = refused_by(code);

	if (reason < REFUSED_REASONS)
		counters->refused[reason]++;
}

void counters_report(struct counters *counters, struct buf *out,
	const struct counters_now *state)
{
	uint64_t now = clock_now_us(counters->clock);

	wire_put_u64(out, now - counters->since);
	wire_put_u32(out, state->subscribers);
	wire_put_u32(out, state->bad_keys);
	for (int i = 0; i < COUNTERS_CLASSES; i++)
		wire_put_u64(out, counters->answers[i]);
	wire_put_u64(out, counters->delivered);
	wire_put_u64(out, counters->replayed);
	for (int i = 0; i < REFUSED_REASONS; i++)
		wire_put_u64(out, counters->refused[i]);
	histogram_put(out, &counters->latency);
	*counters = (struct counters){.clock = counters->clock, .since = now};
}
