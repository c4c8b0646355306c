#ifndef TIDINGS_METER_H
#define TIDINGS_METER_H
/*
 * meter - what this responder has done since it was last asked
 *
 * Counted where it happens; the hub asks every two seconds and adds up.
 * Volatile events are not counted.
 */
#include <stdint.h>

#include "lib/histogram.h"

enum { METER_CLASSES = 4 }; /* of answers: 2xx, 3xx, 4xx, 5xx */

struct buf;
struct clock;

struct meter {
	const struct clock *clock;
	uint64_t since; /* monotonic us of the last report */
	uint64_t answers[METER_CLASSES];
	uint64_t delivered; /* events written in time ... */
	uint64_t replayed;  /* ... and to streams that catch up */
	struct histogram latency;
};

struct meter *meter_new(const struct clock *clock);
void meter_free(struct meter *meter);

static inline void meter_answered(struct meter *meter, unsigned status)
{
	if (status >= 200 && status < 600)
		meter->answers[status / 100 - 2]++;
}

/* Appends the body of MEASURED, and begins anew. */
void meter_report(struct meter *meter, struct buf *out, uint32_t subscribers);

#endif
