/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/slot.h"

enum {
	QUICK_DEATH_US = 1000000,
	BACKOFF_FIRST_US = 50000,
	BACKOFF_LAST_US = 5000000,
	STUCK_FIRST_US = 5000000,
	STUCK_LAST_US = 40000000,
};

static void back_off(struct slot *slot, uint64_t now)
{
	uint64_t first = slot->stuck ? STUCK_FIRST_US : BACKOFF_FIRST_US;
	uint64_t last = slot->stuck ? STUCK_LAST_US : BACKOFF_LAST_US;

	slot->backoff = slot->backoff < first / 2 ? first : slot->backoff * 2;
	if (slot->backoff > last)
		slot->backoff = last;
	slot->due = now + slot->backoff;
}

void slot_started(struct slot *slot, pid_t pid, uint64_t now)
{
	slot->pid = pid;
	slot->started = now;
	slot->ready = false;
	slot->stuck = false;
}

void slot_not_started(struct slot *slot, uint64_t now)
{
	back_off(slot, now);
}

void slot_ended(struct slot *slot, uint64_t now)
{
	slot->pid = 0;
	slot->due = now;
	if (slot->stuck || now - slot->started < QUICK_DEATH_US)
		back_off(slot, now);
	else
		slot->backoff = 0;
}

bool slot_is_ready(const struct slot *slot, uint64_t now, uint64_t patience)
{
	/* it may have been started after `now` was read */
	return slot->pid != 0 &&
	       (slot->ready || now >= slot->started + patience);
}
