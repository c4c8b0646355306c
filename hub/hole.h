#ifndef TIDINGS_HOLE_H
#define TIDINGS_HOLE_H
/*
 * hole - ids that were never given out here
 *
 * At each start the sequence of ids jumps ahead, because a log restored from a
 * backup, or a new one, cannot know which ids its predecessor gave out after it
 * was copied.  Ids strictly between `last` and `start` are nobody's, and a
 * cursor in there is from a lost history.
 */
#include <stddef.h>
#include <stdint.h>

#include "hub/store.h"

enum {
	HOLES_MAX = 4096, /* remembered; above it the two oldest become one, so
			     that a cursor between them counts as lost too */
};

struct hole {
	uint64_t last, start;
};

struct holes {
	struct hole *all; /* rising */
	size_t count;
};

void holes_read(struct holes *holes, struct store *store);
void holes_release(struct holes *holes);

/* Writes a new one, in a transaction; once that is committed, adds it here. */
void holes_write(const struct holes *holes, struct store *store,
	const struct hole *hole);
void holes_add(struct holes *holes, const struct hole *hole);

/* The hole that `cursor` is lost in, NULL if none. */
const struct hole *holes_find(const struct holes *holes, uint64_t cursor);
/* Where the newest hole ends, 0 if there is none. */
uint64_t holes_last_start(const struct holes *holes);

#endif
