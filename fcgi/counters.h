/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_COUNTERS_H
#define TIDINGS_FCGI_COUNTERS_H
/*
 * counters - what this responder has done since it was last asked
 *
 * Counted where it happens; the hub asks every two seconds and adds up.
 * Volatile events are not counted.
 */
#include <stdint.h>

#include "lib/histogram.h"
#include "lib/refused.h"

enum { COUNTERS_CLASSES = 4 }; /* of answers: 2xx, 3xx, 4xx, 5xx */

struct buf;
struct clock;

struct counters {
	const struct clock *clock;
	uint64_t since; /* monotonic us of the last report */
	uint64_t answers[COUNTERS_CLASSES];
	uint64_t delivered; /* events written in time ... */
	uint64_t replayed;  /* ... and to streams that catch up */
	uint64_t refused[REFUSED_REASONS];
	struct histogram latency;
};

struct counters *counters_new(const struct clock *clock);
void counters_free(struct counters *counters);

static inline void counters_answered(struct counters *counters, unsigned status)
{
	if (status >= 200 && status < 600)
		counters->answers[status / 100 - 2]++;
}

/* A request is refused; `code` as in its answer.  Not every one is counted. */
void counters_refused(struct counters *counters, const char *code);

/* What is not counted but looked at. */
struct counters_now {
	uint32_t subscribers;
	uint32_t bad_keys; /* files */
};

/* Appends the body of MEASURED, and begins anew. */
void counters_report(struct counters *counters, struct buf *out,
	const struct counters_now *state);

#endif
