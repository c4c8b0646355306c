/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_UNREAD_H
#define TIDINGS_FCGI_HTTP_UNREAD_H
/*
 * unread - long texts that wait for who does not read them
 *
 * Whoever may ask may ask for a MiB and not take it, from as many addresses as
 * he has.  So all such texts of a worker are counted together.  When they are
 * more than UNREAD_BYTES, those of whom nothing was taken for the longest time
 * are ended, at the end of the turn, until they are no more than that.
 */
#include <stddef.h>

#include "lib/list.h"

struct loop;
struct unread;

enum {
	UNREAD_BYTES = 64 << 20,
	UNREAD_LONG = 128 << 10, /* what is shorter streams do not count: each
				    has at most one */
	UNREAD_ORDER = 8,	 /* in a turn: after all that answers */
};

/* One of them, part of its owner; all zero is one that is not counted. */
struct unread_text {
	struct node node;
	size_t bytes;
	void (*end)(void *arg); /* takes it out, one way or another */
	void *arg;
};

struct unread *unread_new(struct loop *loop);
/* None may be left; NULL will do. */
void unread_free(struct unread *unread);

/* It waits from now on; or, if it does already, some of it was taken.  `bytes`
 * is above 0. */
void unread_note(struct unread *unread, struct unread_text *text, size_t bytes);
/* Harmless if it is not counted. */
void unread_remove(struct unread *unread, struct unread_text *text);
size_t unread_bytes(const struct unread *unread);

#endif
