/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_ENTRY_H
#define TIDINGS_HUB_LOG_ENTRY_H
/*
 * entry - what comes back from an order that several machines have in common
 *
 * An entry is one proposal, this hub's or another's, with its place: the ids of
 * its rows and their time.  Every log applies the same ones in the same order.
 * Between two of them may be
 *
 *   a hole     ids that nobody has: what the order gave out there before, it
 *	        has forgotten; what this log holds of it are orphans (orphan.h)
 *   something  that cannot be had any more: it counts as pruned
 *   missed
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/epoch.h"
#include "hub/log/ledger.h"
#include "hub/log/order.h"
#include "hub/log/origin.h"

struct entry {
	uint64_t id;   /* of its last row */
	uint64_t at;   /* ms */
	uint64_t rows; /* all of them; the ids up to `id`.  One may also be a
			  single row of an event on several channels */
	/* Its items are those that are new.  No publisher, no cursor. */
	struct proposal what;
	struct origin origin;
	uint64_t orphan; /* the id that it had before; 0 = none */
};

/* NULL, or why nothing that a hub writes looks like this (static). */
const char *entry_fault(const struct ledger *ledger, const struct entry *entry);

/* Puts it into the transaction, which has been begun; false if that got into
 * trouble.  It has no fault. */
bool entry_apply(struct ledger *ledger, const struct entry *entry);

/* A transaction of its own: no event has an id above `hole->last` and up to
 * `hole->start`; what the log holds above `last` becomes orphans.  If it has
 * never been at `last`, it may lack anything up to there, which counts as
 * pruned.  If its newest id is above `start` it has never seen the hole, having
 * followed another server; the ids up to its newest are nobody's then.  False
 * if it could not be committed. */
bool entry_hole(struct ledger *ledger, const struct epoch *hole);

/* Likewise: what was given the ids above the newest one and up to `upto` cannot
 * be had; whoever asks from below it is told of a gap. */
bool entry_missed(struct ledger *ledger, uint64_t upto);

#endif
