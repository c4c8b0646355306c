/* SPDX-License-Identifier: MIT */
/*
 * append_queue - those that are waiting or flying, and how they end (append.h)
 */
#include <config.h>

#include <stdlib.h>

#include "hub/shared/append.h"

struct waiting *append_first(const struct node *list)
{
	return list_entry(list->next, struct waiting, node);
}

void append_drop(struct append *append, struct waiting *waiting)
{
	list_remove(&waiting->node);
	append->count--;
	append->bytes -= waiting->words.len;
	buf_release(&waiting->words);
	free(waiting);
}

void append_fail(
	struct append *append, struct waiting *waiting, const char *reason)
{
	const struct shared_answer answer = {.whose = waiting->whose,
		.outcome = SHARED_FAILED,
		.reason = reason};

	append_drop(append, waiting);
	append->notify.answered(append->notify.arg, &answer);
}

void append_fail_flying(struct append *append, const char *reason)
{
	while (!list_empty(&append->flying))
		append_fail(append, append_first(&append->flying), reason);
}

void append_watch(struct append *append)
{
	const struct node *list = list_empty(&append->flying) ? &append->waiting
							      : &append->flying;
	uint64_t now = loop_now_us(append->loop), due;

	if (list_empty(list)) {
		timer_stop(loop_timers(append->loop), &append->deadline);
		return;
	}
	due = append_first(list)->deadline_us;
	timer_set(loop_timers(append->loop), &append->deadline,
		due > now ? due - now : 0, 0);
}

void append_raise_floor(struct append *append, uint64_t id)
{
	if (id > append->floor)
		append->floor = id;
}
