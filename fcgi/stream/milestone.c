/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/milestone.h"

/* The roundest number above `before` and not above `upto`: all bits from the
 * highest in which they differ on. */
static uint64_t roundest(uint64_t before, uint64_t upto)
{
	int rank = 63 - __builtin_clzll(before ^ upto);

	return upto >> rank << rank;
}

void milestone_pass(struct milestone *best, uint64_t before, uint64_t position,
	size_t len, uint32_t events)
{
	uint64_t place = roundest(before, position);
	unsigned rank = (unsigned)__builtin_ctzll(place);

	if (best->len == 0 || rank >= best->rank)
		*best = (struct milestone){rank, place - 1, len, events};
}
