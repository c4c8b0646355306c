/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CLOCK_H
#define TIDINGS_LIB_CLOCK_H
/*
 * clock - the two clocks, and how much a process has worked
 *
 * Wall time is for people and may jump; durations are always taken from the
 * monotonic clock.
 */
#include <stdint.h>

#include "lib/buf.h"

uint64_t clock_wall_ms(void); /* since 1970-01-01 UTC */
uint64_t clock_wall_us(void);
uint64_t clock_mono_us(void); /* since some moment before the process began */
uint64_t clock_work_us(void); /* that this process has had of a processor */

/* Both of them as they are handed to a room, so that a test can hand in its own
 * and let time pass as it likes. */
struct clock {
	uint64_t (*mono_us)(void *arg);
	uint64_t (*wall_us)(void *arg);
	void *arg;
};

extern const struct clock clock_system;

static inline uint64_t clock_now_us(const struct clock *clock)
{
	return clock->mono_us(clock->arg);
}

static inline uint64_t clock_date_us(const struct clock *clock)
{
	return clock->wall_us(clock->arg);
}

static inline uint64_t clock_date_ms(const struct clock *clock)
{
	return clock_date_us(clock) / 1000;
}

/* Appends `ms` as RFC 3339, e.g. 2026-11-20T08:15:30.123Z. */
void clock_rfc3339(struct buf *out, uint64_t ms);

#endif
