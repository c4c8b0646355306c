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
 * There are two ways to order:
 *
 *   LOCAL   by this hub's own log, at once
 *   SHARED  by an order that several machines have in common: who proposes
 *           waits for the ack, which comes once the entry has come back and is
 *           committed here (entry.h)
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "lib/digest.h"
#include "lib/list.h"
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
	uint64_t *at; /* LOCAL; NULL = none */
	uint64_t from, to;
	struct span name;	 /* SHARED: of tidings.conf; empty = none */
	const uint8_t *identity; /* and which inbox it is */
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
	/* SHARED, without a publisher: by what its receipt is known, 0 = it has
	 * none; and a name under which all machines store it once, or empty. */
	uint64_t source;
	struct span once;
};

/* NULL, or why nobody publishes on it, or deletes there (static). */
const char *order_channel_fault(struct span channel);

/* NULL, or why its traits will not do (static). */
const char *proposal_fault(const struct proposal *proposal);

/* Fills in the ack's outcome, reason, first and last.  All of its events are
 * stored or none; if the transaction got into trouble, the ack is one that will
 * fail with it, and no cursor has moved.  Borrows for the call.
 *
 * False if it waits: then the ack is told later, by itself. */
bool order_propose(struct ledger *ledger, const struct proposal *proposal,
	struct ack *ack);

/* ---- SHARED */

/* A question how far the order is now: once this log has got there, it knows
 * whatever any machine had told before. */
struct order_look {
	struct node among; /* those that wait */
	uint64_t number, last;
	bool answered; /* `last` is known */
};

/* A question how far an inbox is published.  Who asks no more sets `asker` to
 * NULL; it is freed with the answer. */
struct order_question {
	struct node among; /* those that are not answered */
	void *asker;
	void (*answered)(void *asker, uint64_t cursor);
};

struct order_figures {
	bool connected;
	uint64_t behind_us; /* 0 = it has what it knows of */
	uint64_t append_us; /* that the newest took */
	uint64_t orphans;   /* events that are still to be put back */
	unsigned machines;  /* that are there, this one too; 0 = not known */
};

/* Another machine: has it been silent for so long that it has left? */
enum order_there {
	ORDER_THERE,
	ORDER_GONE,
	ORDER_GONE_OURS, /* and of those that are there this one is to say so */
};

/* Ids up to which some machine may not know who has come and gone. */
struct order_blind {
	uint64_t here;	   /* this one */
	uint64_t anywhere; /* any of those that are there */
};

struct order {
	/* As order_propose(); it knows neither the receipt nor the keys. */
	bool (*propose)(
		void *arg, const struct proposal *proposal, struct ack *ack);
	/* Nothing is to be told to `peer` any more. */
	void (*forget)(void *arg, const void *peer);
	/* So many more proposals may be made that share one fate: they are
	 * stored or fail together. */
	size_t (*room)(void *arg);
	void (*look)(void *arg, struct order_look *look);
	/* Takes the question over. */
	void (*ask_cursor)(void *arg, struct span name, const uint8_t *identity,
		struct order_question *question);
	void (*figures)(void *arg, struct order_figures *figures);
	enum order_there (*is_there)(void *arg, const uint8_t *hub);
	struct order_blind (*blind)(void *arg);
	const uint8_t *hub; /* by which this one is known: ORIGIN_HUB bytes */
	void *arg;
};

/* Nothing is to be told to `peer` any more; harmless if nothing was. */
void order_forget(const struct ledger *ledger, const void *peer);
/* Asks; order_unlook() before it goes. */
void order_look(const struct ledger *ledger, struct order_look *look);
void order_unlook(struct order_look *look);
/* The log has got there. */
bool order_has_reached(
	const struct ledger *ledger, const struct order_look *look);

#endif
