/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_STRAGGLER_H
#define TIDINGS_FCGI_REPLAY_STRAGGLER_H
/*
 * straggler - a subscriber that is below the window, and how it catches up
 *
 *   UNJUDGED   the hub has to say whether there is a gap, which of its channels
 *              have anything, and up to where that holds (its limit)
 *   JUDGED     it is given the events of its busy channels up to the limit.
 *              There it is UNJUDGED again, unless the window has what follows
 *
 * While its lanes are open it holds a strip for each busy channel, or waits for
 * some.  They are closed as soon as it does neither.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/replay/fair_queue.h"
#include "fcgi/replay/merge.h"
#include "lib/list.h"
#include "lib/span.h"

struct judged;
struct shelf;
struct strip;
struct subscriber;

struct straggler {
	struct subscriber *sub;
	struct fair_place place; /* in one of the queues */
	struct node wait;	 /* for a verdict, with others */
	struct node fellow;	 /* in the list of all */
	struct node full;	 /* in that of those whose sockets are filled */
	uint64_t full_since;	 /* monotonic us */
	bool judged;
	bool doubted; /* nothing was given since it did not trust a strip */
	uint64_t limit;
	uint16_t *busy; /* places of channels that may have events */
	uint16_t count;
	struct lane *lanes; /* `count` of them while they are open, or NULL */
	uint16_t found;	    /* lanes whose strip was looked for */
	uint16_t missing;   /* of these, those that wait for it */
};

struct straggler *straggler_new(struct subscriber *sub);
/* Its lanes are closed. */
void straggler_free(struct straggler *straggler);

/* It is in no queue, and waits for nothing but its own socket. */
bool straggler_is_idle(const struct straggler *straggler);

void straggler_judge(struct straggler *straggler, const struct judged *judged);

/* The kind of its strips (shelf.h), and how many bytes one should have. */
unsigned straggler_kind(const struct straggler *straggler);
uint32_t straggler_bytes(const struct straggler *straggler);
/* topic_key() of what the lane is of. */
struct span straggler_channel(const struct lane *lane);

void straggler_open(struct straggler *straggler);
/* Harmless if they are closed. */
void straggler_close(struct straggler *straggler, struct shelf *shelf);

/* True if all that the lane's strip should have above the cursor is there, but
 * for what is known to be pruned; otherwise the hub has to judge anew. */
bool straggler_trusts(const struct lane *lane);
/* How far the strips of all lanes and the verdict go. */
uint64_t straggler_reach(const struct straggler *straggler);

#endif
