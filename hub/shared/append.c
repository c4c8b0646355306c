/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/append.h"

#include <stdlib.h>

/* ---- those that have waited too long */

static void on_deadline(void *arg)
{
	struct append *append = arg;
	uint64_t now = loop_now_us(append->loop);

	if (!list_empty(&append->flying) &&
		append_first(&append->flying)->deadline_us <= now)
		append->notify.stuck(append->notify.arg);
	while (!list_empty(&append->waiting) &&
		append_first(&append->waiting)->deadline_us <= now)
		append_fail_late(append, append_first(&append->waiting));
	append_settle(append);
	append_watch(append);
}

/* ---- proposals */

void append_add(
	struct append *append, const struct shared_proposal *what, void *whose)
{
	struct waiting *waiting = mem_new(sizeof(*waiting));
	uint64_t now = loop_now_us(append->loop);
	uint64_t due =
		(append->open ? now : append->away_us) + append->give_up_us;

	list_init(&waiting->node);
	waiting->whose = whose;
	waiting->deadline_us = due;
	append_encode(waiting, what);
	if (append->bytes > APPEND_QUEUE_BYTES || due <= now)
		list_append(&append->doomed, &waiting->node);
	else
		list_append(&append->waiting, &waiting->node);
	append->count++;
	append->bytes += waiting->words.len;
	if (!timer_is_set(&append->deadline) || !list_empty(&append->doomed))
		append_watch(append);
}

static void on_turn(void *arg)
{
	struct append *append = arg;

	append_settle(append);
	if (append->open && !append->busy &&
		(append->probe ||
			(append->deaf == 0 && !list_empty(&append->waiting)) ||
			append->look != append->look_sent))
		append_send(append);
}

void append_probe(struct append *append)
{
	append->probe = true;
	/* Who does not hear of it by then begins anew. */
	if (append->deaf > 0 && --append->deaf == 0)
		append->notify.refused(append->notify.arg, SHARED_AWAY,
			"it has forgotten its newest events");
}

/* ---- links */

void append_greet(struct append *append)
{
	append->busy = false;
	append->probe = true;
	script_load(&append->script, append->conn);
	append_send(append);
}

void append_open(struct append *append, uint64_t hole)
{
	append->hole = hole;
	append->deaf = 0;
	append->open = true;
}

void append_hear_hole(struct append *append, uint64_t hole)
{
	bool failed = append->row_failed;

	append->hole = hole;
	append->deaf = 0;
	append_fail_rows(append);
	/* Rows that come from now on come behind what is put back. */
	append->row_failed = failed;
}

void append_lost(struct append *append)
{
	if (append->open)
		append->away_us = loop_now_us(append->loop);
	append->open = append->busy = false;
	append->look_sent = 0;
	for (struct node *at = append->flying.next, *next;
		at != &append->flying; at = next) {
		struct waiting *waiting = list_entry(at, struct waiting, node);

		next = at->next;
		if (!waiting->again)
			append_fail(
				append, waiting, "the shared order was lost");
	}
	append_take_back(append);
	append_watch(append);
}

/* ---- life */

void append_init(struct append *append, struct loop *loop, struct conn *conn,
	const struct shared_options *options, const char *prefix,
	const struct append_notify *notify)
{
	static const uint8_t any[SHARED_ID];

	*append = (struct append){
		.loop = loop,
		.conn = conn,
		.notify = *notify,
		.prefix = prefix,
		.give_up_us = options->give_up_ms * 1000,
		.key_age_s = options->key_age_ms / 1000,
		.away_us = loop_now_us(loop),
		.script = {.text = script_append},
	};
	memcpy(append->identity, options->identity, SHARED_ID);
	append->identity_known = memcmp(any, append->identity, SHARED_ID) != 0;
	list_init(&append->waiting);
	list_init(&append->flying);
	list_init(&append->doomed);
	timer_init(&append->deadline, on_deadline, append);
	loop_turn_init(&append->turn, 1, on_turn, append);
	loop_turn_start(loop, &append->turn);
}

void append_release(struct append *append)
{
	list_move(&append->waiting, &append->flying);
	list_move(&append->waiting, &append->doomed);
	while (!list_empty(&append->waiting))
		append_drop(append, append_first(&append->waiting));
	timer_stop(loop_timers(append->loop), &append->deadline);
	loop_turn_stop(append->loop, &append->turn);
	buf_release(&append->command);
	buf_release(&append->fault);
}
