/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_ORDER_H
#define TIDINGS_HUB_LOG_ORDER_H
/*
 * order - where ids come from
 *
 * Whoever has events proposes them: a publisher, a row of an inbox, the
 * demonstration.  A proposal gets its place in the order and is applied in that
 * order: ids and times, keys, the receipt, the inbox's cursor, all in the
 * ledger's transaction.  What became of it is final once that is committed.
 *
 * Each proposal that may be made again, because its answer was lost, has a
 * receipt, keys or a cursor to be known by.  The demonstration's never is.
 *
 * There is one way to order: LOCAL, by this hub's own log, at once.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "lib/digest.h"
#include "lib/span.h"

enum { KEY_BRIEF_MS = 60000 };

struct proposed {	      /* one event */
	struct span key;      /* idempotency key or empty */
	struct digest digest; /* only read if there is a key */
	struct span data;
	uint64_t id; /* set: the one that is shown for it, or for the event its
			key names */
};

/* The cursor of an inbox: applied only if it stands at `from`. */
struct order_cursor {
	uint64_t *at; /* NULL = none */
	uint64_t from, to;
};

struct proposal {
	struct span channel, type;
	struct span traits; /* of each event, sound (lib/event/traits.h); with
			       topics, the first of which is `channel`, each
			       event is a row on each of them */
	struct proposed *items;	     /* no two with the same key */
	uint32_t count;		     /* 0 = nothing but the cursor moves */
	bool brief;		     /* its keys hold for KEY_BRIEF_MS */
	struct publisher *publisher; /* NULL = it has no receipt */
	uint64_t number;	     /* of the publisher's publish */
	struct order_cursor cursor;
};

/* NULL, or why its traits will not do (static). */
const char *proposal_fault(const struct proposal *proposal);

/* Fills in the ack's outcome, reason, first and last.  All of its events are
 * stored or none; if the transaction got into trouble, the ack is one that will
 * fail with it, and no cursor has moved.  Borrows for the call. */
void order_propose(struct ledger *ledger, const struct proposal *proposal,
	struct ack *ack);

#endif
