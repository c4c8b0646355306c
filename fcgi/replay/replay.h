/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_REPLAY_H
#define TIDINGS_FCGI_REPLAY_REPLAY_H
/*
 * replay - older events, for all who are below the window
 *
 * The hub judges a stream's cursor and channels; from then on the stream reads
 * strips, a channel's events in a range, which others read as well, and which
 * are merged here (fetch.h, merge.h).  So what thousands lack is read from the
 * log once, whatever else each of them listens to.
 *
 * Who has all strips it needs is given REPLAY_BATCHES, or what its socket
 * takes, and then it is the next one's turn: by client, and then by stream. In
 * a turn of the loop REPLAY_SLICE_US are spent on it, after live events have
 * left.  Who is not in that queue waits for the hub, or for its own socket.
 *
 * No more than REPLAY_FULL sockets are filled at a time: the web server reads
 * and writes all that is there in one round, and everybody waits for its end.
 * Filled is one until it takes more, but for REPLAY_PATIENCE_US at most: who
 * has stopped reading must not keep the others waiting.
 */
#include <stddef.h>

#include "fcgi/stream/subscriber.h"

enum {
	REPLAY_BATCHES = 8,
	REPLAY_SLICE_US = 2000,
	REPLAY_FULL = 16,
	REPLAY_PATIENCE_US = 20000,
	REPLAY_ORDER = 2, /* in a turn: after the fan-out */
};

struct erasure;
struct judged;
struct loop;
struct questions;
struct replay;
struct window;

/* Whose the subscribers are, and what he is told. */
struct replay_owner {
	/* What the hub says of its cursor: it is moved, told, and begun if it
	 * has not.  As subscriber_give(). */
	enum pump_result (*judged)(
		struct subscriber *sub, const struct judged *judged);
	/* The window has all that follows: it is not below any more. */
	void (*arrived)(struct subscriber *sub);
	/* No hub has answered, or none that makes sense: it has to end. */
	void (*lost)(struct subscriber *sub);
};

struct replay_parts {
	struct loop *loop;
	struct questions *questions;
	const struct window *window;
	size_t shelf; /* bytes of strips that are kept */
	struct replay_owner owner;
};

struct replay *replay_new(const struct replay_parts *parts);
/* Nobody may be left. */
void replay_free(struct replay *replay);

/* The subscriber is below the window, or its opening is for the hub to judge,
 * and nothing is half-sent: it is given what follows its cursor.  Harmless if
 * it is already. */
void replay_ask(struct replay *replay, struct subscriber *sub);
/* It does not want anything any more; harmless if it does not. */
void replay_leave(struct replay *replay, struct subscriber *sub);
/* This is another log: what was read is void, and all are judged anew. */
void replay_begin_anew(struct replay *replay);
/* As fetch_erase(). */
void replay_erase(struct replay *replay, const struct erasure *erasure);

#endif
