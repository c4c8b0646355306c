/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_LASTS_H
#define TIDINGS_FCGI_REPLAY_LASTS_H
/*
 * lasts - the last value of each channel, for streams that begin with it
 *
 * Who asks is given the newest event of each of his channels, and of each that
 * his patterns match, up to where the window ends when he asks; what comes
 * behind that the window has for him.  So nothing is lost between.  Of a public
 * channel the hub does not name a private event as the newest, though he may
 * read it for another of its channels.
 *
 * What the window holds is taken from there.  Of other channels the hub is
 * asked for the newest id that is for him, then for that event; and for
 * patterns for all channels, some at a time.  LASTS_ASKED questions are under
 * way at once, of one client's stream after the other's, and no more than
 * LASTS_BEGUN streams have begun, so that not all hold values at once.
 *
 * No more than LASTS_MOST values are given, nor more than LASTS_BYTES of them:
 * the newest.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

enum {
	LASTS_ASKED = 64,
	LASTS_BEGUN = 16,
	LASTS_MOST = 1000,
	LASTS_BYTES = 1 << 20,
	LASTS_ORDER = 4, /* in a turn: after patterns were filled */
};

struct erasure;
struct lasts;
struct loop;
struct questions;
struct subscriber;
struct window;

struct lasts_found {
	uint64_t upto;	 /* all that comes is above it */
	uint64_t oldest; /* ids of those that follow; 0 = none */
	uint64_t newest;
	uint32_t count;
	bool cut;	  /* there are more than are given */
	struct span text; /* of the events; borrowed */
};

/* Whose the subscribers are, and what he is told. */
struct lasts_owner {
	void (*found)(struct subscriber *sub, const struct lasts_found *found);
	/* No hub has answered: it has to end. */
	void (*lost)(struct subscriber *sub);
	/* It is to ask again once the window is filled. */
	void (*again)(struct subscriber *sub);
};

struct lasts_parts {
	struct loop *loop;
	struct questions *questions;
	const struct window *window;
	struct lasts_owner owner;
};

struct lasts *lasts_new(const struct lasts_parts *parts);
/* Nobody may be left. */
void lasts_free(struct lasts *lasts);

/* It is opening, and the window is filled. */
void lasts_ask(struct lasts *lasts, struct subscriber *sub);
/* It does not want them any more; harmless if it does not. */
void lasts_leave(struct lasts *lasts, struct subscriber *sub);
/* This is another log: what was found is void. */
void lasts_begin_anew(struct lasts *lasts);
/* That was deleted, and is in the window no more: who holds any of it begins
 * again. */
void lasts_erase(struct lasts *lasts, const struct erasure *erasure);

#endif
