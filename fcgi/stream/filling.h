/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_FILLING_H
#define TIDINGS_FCGI_STREAM_FILLING_H
/*
 * filling - streams that wait until their patterns have what the window holds
 *
 * One piece for each client after the other (fair_queue.h), FILLING_SLICE_US in
 * a turn of the loop at most: a stranger with a thousand new patterns keeps
 * nobody's events waiting, and nobody's first pattern behind all of his.
 *
 * A subscriber is in it with its opening, which takes it out when it goes.
 */
#include <stdbool.h>

enum {
	FILLING_SLICE_US = 2000,
	FILLING_PIECE_US = 500, /* of one client */
	FILLING_ORDER = 3,	/* in a turn: after the replay */
};

struct filling;
struct loop;
struct subscriber;
struct window;

/* `filled` is told of each that has been waiting long enough. */
struct filling *filling_new(struct loop *loop, const struct window *window,
	void (*filled)(struct subscriber *sub));
/* Nobody may be left. */
void filling_free(struct filling *filling);

/* Does it listen to a pattern that has not got all yet? */
bool filling_is_due(const struct subscriber *sub);
/* It must be due, and opening. */
void filling_add(struct filling *filling, struct subscriber *sub);

#endif
