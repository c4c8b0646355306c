/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/together/behind.h"

void behind_hear(struct behind *behind, uint64_t last, uint64_t heard_us,
	uint64_t committed)
{
	if (committed >= behind->last)
		*behind = (struct behind){last, heard_us};
}

bool behind_is(const struct behind *behind, uint64_t committed, uint64_t now_us)
{
	return committed < behind->last &&
	       now_us > behind->heard_us + BEHIND_US;
}
