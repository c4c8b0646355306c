/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_TURNS_H
#define TIDINGS_LIB_TURNS_H
/*
 * turns - what is to be done once in each turn of a loop, in its order
 *
 * Each is part of its owner; all zero is one that is not started and may be
 * stopped.  Who is stopped is not called any more, not even in this turn.
 */
#include <stdbool.h>

struct loop_turn {
	struct loop_turn *next;
	int order;
	bool started;
	void (*run)(void *arg);
	void *arg;
};

/* Plain data; all zero is none. */
struct turns {
	struct loop_turn *first;
	struct loop_turn *next; /* while they run: whose turn comes */
};

/* The lower `order` comes first, and who was started first among equals. */
void loop_turn_init(
	struct loop_turn *turn, int order, void (*run)(void *arg), void *arg);

/* Nothing happens to one that is started already, or not. */
void turns_start(struct turns *turns, struct loop_turn *turn);
void turns_stop(struct turns *turns, struct loop_turn *turn);
void turns_run(struct turns *turns);

#endif
