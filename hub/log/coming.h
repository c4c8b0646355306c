/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_COMING_H
#define TIDINGS_HUB_LOG_COMING_H
/*
 * coming - the events that tell that somebody has come, or gone
 *
 * Each of his topics is an event of its own on ACTIVE_CHANNEL, for an hour, for
 * whoever may read it.
 *
 * Where the order is shared he is one proposal on that channel: its trait
 * TRAIT_ACTIVE says who, without a topic, and the data of each item is a topic.
 * So it says all that it takes to tell of him, and every log makes the same
 * events of it.
 */
#include <stdint.h>

#include "hub/log/ledger.h"
#include "hub/log/order.h"
#include "hub/log/origin.h"
#include "lib/event/active.h"

/* All zero is one that is ready. */
struct coming {
	struct buf value, traits, row, data; /* of the event being made */
};

void coming_release(struct coming *coming);

/* In a transaction: the event that tells of `active` at that time, in ms; its
 * id, or 0 if the transaction is in trouble.  NULL: it has no origin. */
uint64_t coming_append(struct coming *coming, struct ledger *ledger,
	const struct active *active, uint64_t at, const struct origin *origin);

/* ---- as a proposal */

bool coming_is(const struct proposal *what);
/* NULL, or why it is none (static). */
const char *coming_fault(const struct proposal *what);
/* The trait of one. */
void coming_put(struct coming *coming, const struct active *active);
/* What it says, without a topic; it has no fault. */
struct active coming_read(const struct proposal *what, uint64_t at);
/* In a transaction: all its events; false if that got into trouble. */
bool coming_apply(struct ledger *ledger, const struct proposal *what,
	uint64_t at, const struct origin *origin);

#endif
