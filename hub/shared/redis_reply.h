/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_REDIS_REPLY_H
#define TIDINGS_HUB_SHARED_REDIS_REPLY_H
/*
 * redis_reply - room for what Redis answers, one answer after the other
 *
 * hiredis has each string, number and list of an answer allocated and freed by
 * itself: a dozen times an event that is followed.  Here they lie side by side,
 * until the link's next answer begins to come.
 */
#include <hiredis/hiredis.h>
#include <stdbool.h>

struct piece;

struct replies {
	struct piece *pieces; /* the newest first */
	char *at, *end;	      /* what is free of it ... */
	bool clean;	      /* ... and all zero */
};

/* The reader's answers go there; it has none yet, and ends before. */
void replies_open(struct replies *replies, redisReader *reader);
void replies_close(struct replies *replies);

#endif
