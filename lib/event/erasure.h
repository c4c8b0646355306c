/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_ERASURE_H
#define TIDINGS_LIB_EVENT_ERASURE_H
/*
 * erasure - that events were deleted, as the log tells of it
 *
 * A DELETE has its place in the order as a publish has: it is an event on the
 * channel ERASURE_CHANNEL, which nobody else may publish on and nobody is
 * given.  Whoever follows the log, on this machine or on another, deletes the
 * same at the same place.  What is deleted stands in its trait TRAIT_ERASURE:
 *
 *     u64 first | u64 last | str16 channel
 *
 * the rows with the ids from `first` to `last`, those of one publish; or, with
 * a channel, all that it has below the erasure's own id, and up to `last` unless
 * that is 0: so one that the order forgot takes nothing that is newer when it
 * is put back.  Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

#define ERASURE_CHANNEL "/.well-known/tidings/erasures"

struct erasure {
	uint64_t first, last;
	struct span channel; /* empty if it is of rows */
};

/* Is it that channel? */
bool erasure_is_channel(struct span channel);

/* Appends the trait. */
void erasure_put(struct buf *traits, const struct erasure *erasure);
/* What the traits of an event say; false if they do not.  Borrows. */
bool erasure_get(struct span traits, struct erasure *erasure);

#endif
