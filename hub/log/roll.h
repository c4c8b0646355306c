/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_ROLL_H
#define TIDINGS_HUB_LOG_ROLL_H
/*
 * roll - the numbers of all channels, in their order
 *
 * For who goes through channels in pieces, while others come and go: numbers
 * rise and are never used twice.  All zero is an empty one.
 */
#include <stddef.h>
#include <stdint.h>

struct roll {
	uint64_t *places; /* rising: a number times two, and one more if it is
			     gone */
	size_t count, room, gone;
};

void roll_release(struct roll *roll);
/* One that is not in it. */
void roll_add(struct roll *roll, uint64_t number);
/* One that is in it. */
void roll_remove(struct roll *roll, uint64_t number);
/* The next number above that one; 0 if there is none. */
uint64_t roll_next(const struct roll *roll, uint64_t number);

#endif
