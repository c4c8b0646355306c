/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/slot.h"

enum {
	QUICK_DEATH_US = 1000000,
	BACKOFF_FIRST_US = 50000,
	BACKOFF_LAST_US = 5000000,
};

static void back_off(struct slot *slot, uint64_t now)
{
	slot->backoff =
		slot->backoff == 0 ? BACKOFF_FIRST_US : slot->backoff * 2;
	if (slot->backoff > BACKOFF_LAST_US)
		slot->backoff = BACKOFF_LAST_US;
	slot->due = now + slot->backoff;
}

void slot_started(struct slot *slot, pid_t pid, uint64_t now)
{
	slot->pid = pid;
	slot->started = now;
	slot->ready = false;
}

void slot_not_started(struct slot *slot, uint64_t now)
{
	back_off(slot, now);
}

void slot_ended(struct slot *slot, uint64_t now)
{
	slot->pid = 0;
	slot->due = now;
	if (now - slot->started < QUICK_DEATH_US)
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
