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

	append->row_failed |= waiting->is_row;
	append_drop(append, waiting);
	append->notify.answered(append->notify.arg, &answer);
}

void append_fail_late(struct append *append, struct waiting *waiting)
{
	append_fail(append, waiting,
		append->open ? "the shared order does not answer"
			     : "the shared order is away");
}

void append_fail_flying(struct append *append, const char *reason)
{
	while (!list_empty(&append->flying))
		append_fail(append, append_first(&append->flying), reason);
}

static const char forgotten[] =
	"the shared order has forgotten what came before it";

void append_fail_rows(struct append *append)
{
	for (struct node *at = append->flying.next; at != &append->flying;
		at = at->next) {
		struct waiting *flying = list_entry(at, struct waiting, node);

		flying->stale = flying->is_row;
	}
	for (struct node *at = append->waiting.next, *next;
		at != &append->waiting; at = next) {
		struct waiting *waiting = list_entry(at, struct waiting, node);

		next = at->next;
		if (waiting->is_row)
			append_fail(append, waiting, forgotten);
	}
}

void append_take_back(struct append *append)
{
	for (struct node *at = append->flying.next, *next;
		at != &append->flying; at = next) {
		struct waiting *flying = list_entry(at, struct waiting, node);

		next = at->next;
		if (flying->stale)
			append_fail(append, flying, forgotten);
	}
	list_move(&append->flying, &append->waiting);
	list_move(&append->waiting, &append->flying);
}

void append_settle(struct append *append)
{
	while (!list_empty(&append->doomed))
		append_fail_late(append, append_first(&append->doomed));
	if (append->row_failed)
		append_fail_rows(append);
	append->row_failed = false;
}

void append_watch(struct append *append)
{
	const struct node *list = list_empty(&append->flying) ? &append->waiting
							      : &append->flying;
	uint64_t now = loop_now_us(append->loop), due;

	if (!list_empty(&append->doomed)) {
		timer_set(loop_timers(append->loop), &append->deadline, 0, 0);
		return;
	}
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
