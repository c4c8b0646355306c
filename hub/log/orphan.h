/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_ORPHAN_H
#define TIDINGS_HUB_LOG_ORPHAN_H
/*
 * orphan - events of this log whose ids the shared order has forgotten
 *
 * They leave the log in the transaction that learns of the hole, each entry as
 * one, with what it takes to propose it again: its key, its label, its origin.
 * An orphan leaves the table in the transaction that applies its successor, or
 * knows that there is one.  One that is not put back stays.  Events that tell
 * who is there are none: they are told anew.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "hub/log/order.h"
#include "hub/log/origin.h"
#include "lib/buf.h"

struct orphan {
	uint64_t id;	      /* of its last row */
	uint64_t at;	      /* ms */
	struct origin origin; /* all zero = it has none */
	struct proposal what; /* without publisher and cursor */
};

/* In a transaction: notes what the log holds above `last`, as orphans.  The
 * events are left where they are. */
void orphans_take(struct ledger *ledger, uint64_t last);
/* In a transaction. */
void orphan_remove(struct store *store, uint64_t id);
/* In a transaction: it will not be put back. */
void orphan_leave(struct store *store, uint64_t id);

/* The first one above `after` that is to be put back; only of those that `hub`
 * took, or nobody, unless it is NULL. */
struct orphan_line {
	uint64_t id, at;
};
bool orphan_next(struct store *store, uint64_t after,
	const uint8_t hub[ORIGIN_HUB], struct orphan_line *line);
/* How many are to be put back. */
uint64_t orphans_count(struct store *store);
/* Hands out the whole of one, borrowed for the call; false if it is gone. */
bool orphan_read(struct store *store, uint64_t id,
	void (*found)(void *arg, const struct orphan *orphan), void *arg);

/* ---- by where they come from */

struct orphan_origin {
	uint64_t id;
	struct origin origin;
};

/* Appends all that are to be put back, as struct orphan_origin. */
void orphans_list(struct store *store, struct buf *list);
/* Of these: the lowest row of that inbox, 0 if there is none; and the id of the
 * one that is the same publish, or the same row of an inbox, likewise. */
uint64_t orphans_first_row(
	const struct buf *list, const uint8_t inbox[ORIGIN_INBOX]);
uint64_t orphans_find(const struct buf *list, const struct origin *origin);

#endif
