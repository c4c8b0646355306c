/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_MERGE_H
#define TIDINGS_FCGI_REPLAY_MERGE_H
/*
 * merge - the next batch of some channels, from a strip of each
 *
 * Lanes are merged by id, as far as all their strips reach.  Where only one
 * channel has events, as far as its strip goes, the strip's own batch is given,
 * which others are given as well: so a channel of one's own beside one that
 * everybody listens to costs nothing while it is quiet.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/heap.h"
#include "lib/list.h"

struct batch;
struct strip;
struct subscriber;
struct straggler;

/* A channel of a straggler's. */
struct lane {
	struct heap_node node; /* by the id of its next event */
	struct node wait;      /* for its strip, with others */
	struct straggler *of;
	struct strip *strip; /* held; NULL = none yet */
	uint32_t next;	     /* index in it of the next event */
	uint16_t place;	     /* of its channel, in the memberships */
};

/* All zero is one that has no lanes. */
struct merge {
	struct heap heap; /* of lanes that have events left */
	struct buf text;  /* scratch */
};

void merge_release(struct merge *merge);
/* The lanes of another one come next. */
void merge_clear(struct merge *merge);

/* The lane has another strip than before: on with its events above `cursor`. */
void merge_lane(struct merge *merge, struct lane *lane, uint64_t cursor);
/* The events above *cursor and not above `reach`, which no strip of the lanes
 * may end below; *cursor is what it goes up to.  NULL if there is none up to
 * `reach`.  The caller holds the batch. */
struct batch *merge_next(struct merge *merge, const struct subscriber *sub,
	uint64_t reach, uint64_t *cursor);

#endif
