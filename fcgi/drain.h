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
 *
 * The `retry:` stands in the block of an event `live` (tried with seven
 * clients, behind lighttpd and Apache).  Alone and without a blank line it was
 * passed over by undici, httpx-sse and sseclient, which were back after 2 to 4
 * s; with a blank line httpx-sse and fetch-event-source showed an empty event
 * at each reload.  In an event's block it brings everybody back within 0.4 s;
 * and as `live` has the newest id, nobody's cursor has to be judged.
 *
 * Then the request is ended properly.  fetch-event-source and Datastar take an
 * end for good and a cut for an error, after which they return.  But a cut is
 * two error lines for each stream in the log of lighttpd and of Apache, 17,000
 * at 8,500 streams, and over HTTP/2 lighttpd makes a proper end of it anyway;
 * both clients can be told to come back after an end (docs/troubleshooting.md).
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
struct history;
struct drain;
struct acceptor;
struct tasks;

struct drain_parts {
	struct timers *timers;
	struct admit *admit;
	struct acceptor *acceptor;
	struct audience *audience;
	struct tasks *tasks;
	struct history *history;
};

struct drain *drain_new(const struct drain_parts *parts);
void drain_free(struct drain *drain);
void drain_begin(struct drain *drain);

#endif
