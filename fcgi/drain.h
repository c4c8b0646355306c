/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_DRAIN_H
#define TIDINGS_FCGI_DRAIN_H
/*
 * drain - a worker gives way to its successor
 *
 *   STAYING   nothing has been said
 *   LEAVING   drain_begin: accepts no more; goes on serving its streams,
 *             and ends DRAIN_PIECE of them every DRAIN_TICK_MS
 *
 * Each is told to come back at once (`retry:`), since somebody is there to take
 * it: so 10,000 browsers return over four seconds, and none of them is away
 * for longer than a moment.  Who is in the middle of something (a half-sent
 * batch, an older page) is ended when that is done.
 */
#include "lib/timer.h"

enum {
	DRAIN_TICK_MS = 20,
	DRAIN_PIECE = 50,  /* 2,500 a second */
	DRAIN_RETRY = 100, /* ms; up to twice as much, at random */
	DRAIN_MS = 50000,  /* those who are left are then cut off; less
				  than the supervisor's patience */
};

struct admit;
struct audience;
struct drain;
struct acceptor;
struct tasks;

struct drain_parts {
	struct timers *timers;
	struct admit *admit;
	struct acceptor *acceptor;
	struct audience *audience;
	struct tasks *tasks;
};

struct drain *drain_new(const struct drain_parts *parts);
void drain_free(struct drain *drain);
void drain_begin(struct drain *drain);

#endif
