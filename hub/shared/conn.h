/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_CONN_H
#define TIDINGS_HUB_SHARED_CONN_H
/*
 * conn - one connection to Redis, on the hub's loop
 *
 * Each command has its own function for the reply, in the order of the
 * commands.  Who hangs up hears nothing more of it; a connection that ends by
 * itself says so once, and its replies never come.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/shared/redis.h"
#include "lib/buf.h"
#include "lib/loop.h"

typedef void conn_answer(void *arg, const struct redis_reply *reply);

struct conn {
	struct loop *loop;	   /* borrowed, as is ... */
	const struct redis *redis; /* ... this */
	void (*gone)(void *arg, const char *fault);
	void *arg;

	struct redis_link *link; /* NULL = closed */
	struct loop_io io;
	unsigned wanted;  /* of `io` */
	bool watched;	  /* `io` has its descriptor */
	struct buf asked; /* struct asked: who waits for replies */
	size_t asked_from;
	uint64_t heard_us; /* when a reply came last, or was to come first */
};

/* Begins to connect, and may be asked at once; false if that fails at once, and
 * `fault` says why. */
bool conn_open(
	struct conn *conn, const char *host, int port, char fault[REDIS_FAULT]);
/* Harmless on one that is closed. */
void conn_close(struct conn *conn);

static inline bool conn_is_open(const struct conn *conn)
{
	return conn->link != NULL;
}

/* Sends it, and hands the reply to `answer`, which may be NULL.  Nothing
 * happens if it is closed. */
void conn_ask(
	struct conn *conn, struct buf *command, conn_answer *answer, void *arg);
/* Replies that are still to come. */
bool conn_is_asked(const struct conn *conn);

#endif
