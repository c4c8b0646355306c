/* SPDX-License-Identifier: MIT */
/*
 * links_through - what goes through to whom the order belongs (links.h)
 */
#include <config.h>

#include "hub/lines.h"
#include "hub/shared/links.h"
#include "lib/log.h"

void links_answered(void *arg, const struct shared_answer *answer)
{
	const struct shared *shared = arg;

	shared->notify.answered(shared->notify.arg, answer);
}

void links_looked(void *arg, uint64_t number, uint64_t last)
{
	const struct shared *shared = arg;

	shared->notify.looked(shared->notify.arg, number, last);
}

void links_entry(void *arg, const struct shared_entry *entry)
{
	struct shared *shared = arg;

	append_raise_floor(&shared->append, entry->id);
	shared->notify.entry(shared->notify.arg, entry);
}

void links_hole(void *arg, const struct shared_hole *hole)
{
	struct shared *shared = arg;

	append_raise_floor(&shared->append, hole->start);
	append_hear_hole(&shared->append, shared->follow.newest_hole);
	shared->notify.hole(shared->notify.arg, hole);
}

void links_missed(void *arg, uint64_t from, uint64_t upto, const char *broken)
{
	struct shared *shared = arg;

	append_raise_floor(&shared->append, upto);
	if (broken != NULL)
		log_warnx(LINE_SHARED_BROKEN, (unsigned long long)upto, broken);
	shared->notify.missed(shared->notify.arg, from, upto, broken);
}

void links_cursor(void *arg, void *whose, uint64_t cursor)
{
	const struct shared *shared = arg;

	shared->notify.cursor(shared->notify.arg, whose, cursor);
}

void links_founded(void *arg, const char *fault)
{
	const struct shared *shared = arg;

	shared->notify.founded(shared->notify.arg, fault);
}

void links_counted(void *arg, const uint8_t origin[SHARED_ID], struct span name,
	uint32_t number)
{
	const struct shared *shared = arg;

	if (shared->notify.counted != NULL)
		shared->notify.counted(
			shared->notify.arg, origin, name, number);
}
