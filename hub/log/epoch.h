/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_EPOCH_H
#define TIDINGS_HUB_LOG_EPOCH_H
/*
 * epoch - each start of the hub begins one
 *
 * At each start the sequence of ids jumps ahead, because a log restored from a
 * backup, or a new one, cannot know which ids its predecessor gave out after it
 * was copied.  Ids strictly between the `last` of the epoch before and its
 * `start` are nobody's, and a cursor in there is from a lost history.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/disk/store.h"

enum {
	EPOCHS_MAX = 4096, /* remembered; above it the two oldest become one, so
			     that a cursor between them counts as lost too */
};

struct epoch {
	uint64_t last, start;
};

struct epochs {
	struct epoch *all; /* rising */
	size_t count;
};

void epochs_read(struct epochs *epochs, struct store *store);
void epochs_release(struct epochs *epochs);

/* Writes a new one, in a transaction; once that is committed, adds it here. */
void epochs_write(const struct epochs *epochs, struct store *store,
	const struct epoch *epoch);
void epochs_add(struct epochs *epochs, const struct epoch *epoch);

/* The epoch before which `cursor` is lost, NULL if none. */
const struct epoch *epochs_find(const struct epochs *epochs, uint64_t cursor);
/* Was that id never given here: is it between the last one before an epoch and
 * the first one of it?  Of all others the log has had each, though it may not
 * hold it any more. */
bool epochs_leap_over(const struct epochs *epochs, uint64_t id);
/* Does one begin there? */
bool epochs_begin_at(const struct epochs *epochs, uint64_t id);
/* Where the newest epoch begins, 0 if there is none. */
uint64_t epochs_last_start(const struct epochs *epochs);

#endif
