/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_TOGETHER_BEHIND_H
#define TIDINGS_HUB_TOGETHER_BEHIND_H
/*
 * behind - whether this log is too far behind the shared order
 *
 * The order says once a second which id is its newest.  A log that has not got
 * to one of these a second after it was asked for is behind, until it gets
 * there: newer ones that are heard meanwhile make it no better.
 *
 * Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#define BEHIND_US UINT64_C(1000000)

struct behind {
	uint64_t last, heard_us; /* what is to be got to; 0 = nothing */
};

/* The order's newest id, and when (monotonic) it was asked for. */
void behind_hear(struct behind *behind, uint64_t last, uint64_t heard_us,
	uint64_t committed);
bool behind_is(
	const struct behind *behind, uint64_t committed, uint64_t now_us);

#endif
