/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_FETCH_H
#define TIDINGS_FCGI_REPLAY_FETCH_H
/*
 * fetch - what stragglers need from the hub: verdicts, and strips
 *
 * Strips that were read lately are on a shelf here (shelf.h).  For the rest
 * stragglers queue (backlog.h) for a place among the FETCH_ASKED inquiries that
 * the hub has at once.  Who wants the strips of many channels is alone with
 * that, since they are all held until they are merged, and has FETCH_MANY
 * places of its own: neither crowd waits for the other's end.
 *
 * Answers come faster than browsers read, and each is held until its
 * straggler's turn: so nothing is asked for the crowd while all that is held is
 * more than the shelf's limit.  What is under way then still comes; who reads
 * many goes on, as it cannot let go before it has them all.  So strips take the
 * limit, FETCH_ASKED answers, and those of one who reads many.
 *
 * Without a hub, who waits for its answer is told so by the uplink's deadline,
 * and then those who are in a queue are told the same.
 */
#include <stdbool.h>
#include <stddef.h>

enum {
	FETCH_ASKED = 64,
	FETCH_MANY = 32,
};

struct erasure;
struct fetch;
struct judged;
struct lane;
struct questions;
struct straggler;
struct window;

/* Each straggler that is told of is in no queue, and waits for nothing. */
struct fetch_owner {
	void (*judged)(void *arg, struct straggler *, const struct judged *);
	/* Its lanes are open, and each has its strip. */
	void (*ready)(void *arg, struct straggler *);
	/* No hub has answered, or none that makes sense. */
	void (*lost)(void *arg, struct straggler *);
	void *arg;
};

/* `shelf`: bytes. */
struct fetch *fetch_new(struct questions *questions,
	const struct window *window, size_t shelf,
	const struct fetch_owner *owner);
/* Nobody may wait any more. */
void fetch_free(struct fetch *fetch);

/* It is in no queue and waits for nothing, its lanes are closed.  It is told of
 * it later, never from here. */
void fetch_verdict(struct fetch *fetch, struct straggler *straggler);
void fetch_strips(struct fetch *fetch, struct straggler *straggler);
/* It wants neither any more, and lets its strips go; harmless if it has none.
 */
void fetch_leave(struct fetch *fetch, struct straggler *straggler);

enum fetch_found {
	FETCH_FOUND,
	FETCH_MISSING,
	FETCH_DOUBTED, /* more was pruned than it was told of: the lanes are
			  closed, and a verdict was asked for */
};

/* Gives the lane the strip for what follows the straggler's cursor, if it is on
 * the shelf. */
enum fetch_found fetch_find(struct fetch *fetch, struct lane *lane);
/* Asks for the strips that follow those of its lanes which are half read, while
 * the hub has little to do. */
void fetch_ahead(struct fetch *fetch, const struct straggler *straggler);

/* Asks the hub, as far as there are places; true if something was asked since
 * the last call, and has to be sent. */
bool fetch_ask(struct fetch *fetch);
/* This is another log: what is on the shelf is void, answers that are on their
 * way are not told.  All have left. */
void fetch_begin_anew(struct fetch *fetch);
/* Nobody is given a strip any more that may have what was deleted, but those
 * who are being given it. */
void fetch_erase(struct fetch *fetch, const struct erasure *erasure);

#endif
