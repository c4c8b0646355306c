/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_SUBSCRIPTION_H
#define TIDINGS_CLIENT_VERB_SUBSCRIPTION_H
/*
 * subscription - what is done with the events of a stream
 *
 * An event counts as dealt with when it was written or its command has
 * succeeded; only then does the cursor move.  So nothing is lost, and what was
 * in flight when the program was killed comes twice.
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/exit_status.h"
#include "client/http/follow.h"
#include "client/show/print.h"
#include "client/verb/cursor.h"

enum mode { SUB, TAIL, HISTORY };

struct subscription {
	enum mode mode;
	struct cursor cursor;
	struct print print;
	struct buf patterns; /* struct span, borrowed from the options */
	struct buf types;    /* likewise, those wanted; empty = all */
	const char *command;
	uint64_t left;	 /* events, 0 = no limit */
	uint64_t newest; /* HISTORY: the last one to print, UINT64_MAX = nobody
			    knows: that which comes before it has caught up */
	bool gap_allowed;
	bool greeted;	     /* what is listened to is said */
	bool replayed;	     /* something that was before has been printed */
	struct buf greeting; /* says what is listened to */
	enum exit_status exit_status; /* why it failed */
};

/* Makes the greeting, "listening to a, b and builds/{name} at ...", and columns
 * for the channels that are named. */
void subscription_greet(struct subscription *sub, const char *url);

/* Takes what a stream brings; the subscription is borrowed, and knows why it
 * failed. */
struct follower subscription_follower(struct subscription *sub);

#endif
