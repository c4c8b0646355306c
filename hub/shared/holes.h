/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_HOLES_H
#define TIDINGS_HUB_SHARED_HOLES_H
/*
 * holes - which holes of the order a log knows, and which it is to be told
 *
 * A hole is told once, in its place among the entries.  The order remembers its
 * newest ones outside of the stream too, for the stream may have been trimmed
 * past them, or may never come to one: a log that followed another server has
 * gone beyond it.  Such a log goes back to where that hole begins.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/shared/shared.h"
#include "lib/buf.h"

struct holes {
	struct buf known;   /* struct shared_hole, rising */
	struct buf pending; /* the same: of the order, to be told */
};

void holes_release(struct holes *holes);
void holes_know(
	struct holes *holes, const struct shared_hole *known, size_t count);

/* What the order remembers comes anew: hole after hole, rising. */
void holes_begin(struct holes *holes);
void holes_add(struct holes *holes, const struct shared_hole *hole);
/* All have come, and the log is at `from`.  True if one that it does not know
 * lies below: it is the first to be told. */
bool holes_below(struct holes *holes, uint64_t from, struct shared_hole *hole);

/* Takes the next one that is above `from` and not above `upto`; false if there
 * is none. */
bool holes_take(struct holes *holes, uint64_t from, uint64_t upto,
	struct shared_hole *hole);
/* Are there any above `from`? */
bool holes_ahead(const struct holes *holes, uint64_t from);
/* It is known from now on. */
void holes_told(struct holes *holes, const struct shared_hole *hole);

#endif
