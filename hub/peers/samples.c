/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/peers/samples.h"

#include "lib/clock.h"

void samples_release(struct samples *samples)
{
	for (unsigned i = 0; i < SAMPLES_KEPT; i++)
		buf_release(&samples->texts[i]);
	*samples = (struct samples){0};
}

void samples_keep(struct samples *samples, struct span text)
{
	struct buf *place = &samples->texts[samples->next];

	if (text.len > SAMPLE_MOST)
		return;
	buf_clear(place);
	buf_add_span(place, text);
	samples->next = (samples->next + 1) % SAMPLES_KEPT;
	if (samples->count < SAMPLES_KEPT)
		samples->count++;
}

void samples_put(const struct samples *samples, struct buf *out, uint64_t now,
	unsigned interval_ms)
{
	unsigned oldest = samples->next + SAMPLES_KEPT - samples->count;

	buf_add_text(out, "{\"now\":\"");
	clock_rfc3339(out, now);
	buf_printf(out, "\",\"interval_ms\":%u,\"samples\":[", interval_ms);
	for (unsigned i = 0; i < samples->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_span(out,
			buf_span(&samples->texts[(oldest + i) % SAMPLES_KEPT]));
	}
	buf_add_text(out, "]}\n");
}
