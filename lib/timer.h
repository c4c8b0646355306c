/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_TIMER_H
#define TIDINGS_LIB_TIMER_H
/*
 * timer - what is to be done at a time, by the clock that was handed in
 *
 * The loop lets its timers ring once a turn and wakes for the first that is
 * due: some ten microseconds late, or up to two milliseconds if that was far
 * away.  A test may do without a loop: it moves the hands of a clock of its own
 * and calls timers_ring().
 *
 * A timer is part of its owner.  All zero is one that is not set.  Who is
 * stopped does not ring any more, so an owner may go from within any call once
 * it has stopped its timers.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/heap.h"

struct timer {
	struct heap_node due; /* monotonic us */
	uint64_t every;	      /* us; 0 = rings once */
	uint64_t round;	      /* in which it was set: not to ring in that */
	void (*ring)(void *arg);
	void *arg;
};

struct timers {
	const struct clock *clock; /* borrowed */
	struct heap heap;
	uint64_t round; /* of timers_ring() */
};

void timer_init(struct timer *timer, void (*ring)(void *arg), void *arg);
/* Rings in `us` (0 = in the next turn, which follows at once) and then, unless
 * `every` is 0, again whenever so much has gone by; a beat that is missed is
 * not made up for.  Said again, it moves. */
void timer_set(struct timers *timers, struct timer *timer, uint64_t us,
	uint64_t every);
void timer_stop(struct timers *timers, struct timer *timer);

static inline bool timer_is_set(const struct timer *timer)
{
	return heap_has(&timer->due);
}

/* ---- the loop's side */

/* Rings all that are due, the one that is due first being the first; not those
 * that are set meanwhile. */
void timers_ring(struct timers *timers);
/* When the first is due, UINT64_MAX if none is set. */
uint64_t timers_next(const struct timers *timers);
void timers_release(struct timers *timers);

#endif
