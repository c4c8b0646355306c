/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/turns.h"

#include <stddef.h>

void loop_turn_init(
	struct loop_turn *turn, int order, void (*run)(void *arg), void *arg)
{
	*turn = (struct loop_turn){.order = order, .run = run, .arg = arg};
}

void turns_start(struct turns *turns, struct loop_turn *turn)
{
	struct loop_turn **at = &turns->first;

	if (turn->started)
		return;
	while (*at != NULL && (*at)->order <= turn->order)
		at = &(*at)->next;
	turn->next = *at;
	*at = turn;
	turn->started = true;
}

void turns_stop(struct turns *turns, struct loop_turn *turn)
{
	struct loop_turn **at = &turns->first;

	if (!turn->started)
		return;
	while (*at != turn)
		at = &(*at)->next;
	*at = turn->next;
	if (turns->next == turn)
		turns->next = turn->next;
	turn->started = false;
}

void turns_run(struct turns *turns)
{
	turns->next = turns->first;
	while (turns->next != NULL) {
		struct loop_turn *turn = turns->next;

		turns->next = turn->next;
		turn->run(turn->arg);
	}
}
