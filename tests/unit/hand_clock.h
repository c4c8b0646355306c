/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HAND_CLOCK_H
#define TIDINGS_TESTS_UNIT_HAND_CLOCK_H
/*
 * hand_clock - a clock that stands still until its hands are moved
 */
#include "lib/clock.h"

struct hand_clock {
	uint64_t mono_us, wall_us;
};

static inline uint64_t hand_mono_us(void *arg)
{
	return ((const struct hand_clock *)arg)->mono_us;
}

static inline uint64_t hand_wall_us(void *arg)
{
	return ((const struct hand_clock *)arg)->wall_us;
}

/* What is handed in; borrows the hands. */
static inline struct clock hand_clock(struct hand_clock *hands)
{
	return (struct clock){hand_mono_us, hand_wall_us, hands};
}

static inline void hand_clock_pass(struct hand_clock *hands, uint64_t us)
{
	hands->mono_us += us;
	hands->wall_us += us;
}

#endif
