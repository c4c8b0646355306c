/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_MATCH_H
#define TIDINGS_HUB_LOG_MATCH_H
/*
 * match - which channels of the log a pattern matches
 *
 * Channels are looked at by their numbers, which rise and are never used twice:
 * so what was found for a pattern stays right, and only younger channels have
 * to be looked at when it is asked for again.  The patterns that were asked for
 * last are kept.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/channel.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

enum {
	MATCH_KEPT = 4096,	 /* patterns ... */
	MATCH_NUMBERS = 4 << 20, /* ... and channels of all of them together,
				    eight bytes each */
};

struct selector;

struct match {
	struct table_node node; /* by its text */
	struct node recent;	/* among all, the last one that was asked for at
				   the end */
	struct selector *selector;
	uint64_t *numbers; /* of the channels, rising */
	size_t count, room;
	uint64_t through; /* channels up to this number were looked at */
	/* The highest of their marks, as of ... */
	struct mark mark;
	uint64_t marks; /* ... that many changes, and ... */
	size_t marked;	/* ... so many channels */
};

struct matches {
	struct table table;
	struct node recent;
	size_t numbers;
};

void matches_init(struct matches *matches);
void matches_release(struct matches *matches);

/* Looks at channels until `end` (monotonic us), at some at least; NULL if there
 * are more.  Good until the next call. */
struct match *match_find(struct matches *matches,
	const struct channels *channels, struct span pattern, uint64_t end);

/* Up to where events of its channels were pruned, of those that are gone too:
 * nobody knows what they were called, so these count as its own.  `after`: what
 * is below it may be said to be lower than it is. */
struct mark match_mark(
	struct match *match, const struct channels *channels, uint64_t after);

#endif
