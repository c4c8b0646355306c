/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_LOOP_H
#define TIDINGS_LIB_LOOP_H
/*
 * loop - what calls whom, and when; libev's room
 *
 * A turn of the loop:
 *
 *   timers that are due ring (timer.h);
 *   what is to be done once a turn is done (struct loop_turn), in its order;
 *   the loop sleeps until a descriptor is ready or a timer is due, unless
 *       loop_again() was said;
 *   those whose descriptors are ready are called, in no order.
 *
 * Watchers are part of their owners: a function with its argument.  All zero is
 * one that watches nothing and may be stopped.  Who is stopped is not called
 * any more, not even in this turn, so an owner may go from within any call once
 * it has stopped its watchers.
 *
 * Time is the clock's that was handed in.  A test hands in one of its own, lets
 * time pass, and takes the turns one by one (loop_turn_over).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/timer.h"
#include "lib/turns.h"

struct loop;

/* Borrows `clock`.  Ends the process if the system gives no loop. */
struct loop *loop_new(const struct clock *clock);
/* Stops what still watches; their owners may be gone. */
void loop_free(struct loop *loop);

/* Turns until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* One turn that does not sleep. */
void loop_turn_over(struct loop *loop);
/* What follows this turn does so at once: there is work left. */
void loop_again(struct loop *loop);

struct timers *loop_timers(struct loop *loop);
const struct clock *loop_clock(const struct loop *loop);
uint64_t loop_now_us(const struct loop *loop); /* monotonic */

/* ---- a descriptor */

enum {
	LOOP_READ = 1, /* also at its end, or when it has failed */
	LOOP_WRITE = 2,
};

struct loop_io {
	uint64_t ev[6]; /* libev's, with `arg` in it */
	void (*ready)(void *arg, unsigned events);
};

/* `fd` is borrowed; -1 is never ready. */
void loop_io_init(struct loop_io *io, int fd,
	void (*ready)(void *arg, unsigned events), void *arg);
/* Calls `ready` in each turn in which the descriptor is ready for some of
 * `events`, with those; 0 = stop, which is to be said before it is closed. */
void loop_io_want(struct loop *loop, struct loop_io *io, unsigned events);
unsigned loop_io_wanted(const struct loop_io *io);
/* Calls `ready` soon, once, as if the descriptor were ready for `events`; a
 * turn follows.  Only loop_io_want(0) takes it back. */
void loop_io_feed(struct loop *loop, struct loop_io *io, unsigned events);
int loop_io_fd(const struct loop_io *io);

/* ---- something to be done once a turn (turns.h) */

void loop_turn_start(struct loop *loop, struct loop_turn *turn);
void loop_turn_stop(struct loop *loop, struct loop_turn *turn);

/* ---- a signal */

/* Calls `caught` soon after each such signal, until the loop's end. */
void loop_on_signal(
	struct loop *loop, int number, void (*caught)(void *arg), void *arg);

#endif
