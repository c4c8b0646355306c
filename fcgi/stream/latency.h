/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_LATENCY_H
#define TIDINGS_FCGI_STREAM_LATENCY_H
/*
 * latency - how old events are when they are written
 *
 * Counted from the hub's taking of an event.  To look at every write would cost
 * more than it tells: of each slice that the fan-out writes, the first stream
 * that is written in time is the probe, and its events' ages count for all.
 */
#include <stddef.h>
#include <stdint.h>

struct counters;
struct subscriber;
struct window;

struct latency {
	const struct subscriber *probe; /* NULL = none yet */
	uint64_t from;			/* window position where it was */
};

/* A slice begins. */
static inline void latency_begin(struct latency *latency)
{
	latency->probe = NULL;
}

/* `sub` was written in time, from `from` on to where it is now. */
static inline void latency_probe(
	struct latency *latency, const struct subscriber *sub, uint64_t from)
{
	if (latency->probe != NULL)
		return;
	latency->probe = sub;
	latency->from = from;
}

/* The slice has been written, `at` this moment (monotonic us), by so many
 * `writes`.  The probe must not have gone meanwhile. */
void latency_end(const struct latency *latency, const struct window *window,
	struct counters *counters, uint64_t at, uint64_t writes);

#endif
