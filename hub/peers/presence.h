/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PRESENCE_H
#define TIDINGS_HUB_PEERS_PRESENCE_H
/*
 * presence - who is there, and the events that tell of it
 *
 * Responders say who has come and who has left (JOINED, LEFT).  The hub keeps
 * it, since a responder that is killed says nothing: whom nobody speaks for any
 * more has left WIRE_GONE_MS later, and so has, after a start, whoever is not
 * JOINED again.
 *
 * What is true and what was told of each are two things.  Where they differ he
 * waits with his address's budget (budget.h) until an event for each of his
 * topics is stored, and with them the row that says so (hub/log/present.h).
 * Whoever leaves before he was told of is told of never.
 *
 * Where the order of events is shared, he is proposed to it instead, and told
 * of once his entry is committed here (hub/log/coming.h), as are those of all
 * other machines: what was told is what the entries say in their order, at each
 * machine the same.  What is not true of it is told otherwise by whoever knows:
 *
 *   somebody is here, and an entry says that he has left   he is told of again
 *   a machine has left            the others tell that whoever was there has
 *   a machine may lack entries    all others tell again who is there at them,
 *                                 and whom they do not, has left
 *   the order has forgotten some  what they said is undone
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/coming.h"
#include "hub/log/ledger.h"
#include "hub/log/present.h"
#include "hub/peers/attendance.h"
#include "hub/peers/budget.h"
#include "lib/event/active.h"
#include "lib/list.h"
#include "lib/table.h"

enum {
	PRESENCE_STEP = 2000, /* events in one turn of the hub */
	PRESENCE_US = 2000,   /* answering, between two commits */
};

struct entry;
struct peer;

struct presence {
	struct ledger *ledger;
	struct present_rows rows;
	struct budget budget;
	struct budget free; /* for which nobody pays: */
	struct payer *nobody;
	struct attendance attendance; /* what was told and committed */
	struct table presents;
	struct node orphans; /* nobody speaks for them, by when they will have
				left */
	struct node drafts;  /* told in this transaction */
	struct node asking;  /* peers whose questions wait for its COMMIT */
	uint64_t newest;     /* id of the newest event that told of anybody */
	struct coming coming;
	uint64_t there;		/* subscribers that were told of, committed */
	uint64_t joins, leaves; /* events, since the hub started */

	/* ---- SHARED */
	struct node machines;	 /* the others */
	struct node told;	 /* by entries of this transaction */
	uint64_t source, number; /* of the newest proposal */
	size_t asked;		 /* proposals that are not answered */
	bool rests;		 /* one has failed: none for a moment */
	bool more;		 /* more may be proposed */
	uint64_t apart; /* whoever came up to here may have left for others */
	uint64_t told_again;  /* whoever came up to here was told of again */
	uint64_t doubted;     /* up to here entries may be lacking here: ... */
	uint64_t doubt_until; /* ... then who was not told of again has left;
				 us, 0 = that is done */
};

/* Takes over what the log says. */
void presence_open(struct presence *presence, struct ledger *ledger);
void presence_close(struct presence *presence);
/* By which it is to join the ledger's transactions. */
struct party presence_party(struct presence *presence);

/* The ledger's order is shared from now on. */
void presence_share(struct presence *presence);
/* In a transaction: what an entry says; the order has forgotten what is above
 * `last`, which can still be read. */
void presence_came(struct presence *presence, const struct entry *entry);
void presence_forgot(struct presence *presence, uint64_t last);

/* JOINED, LEFT and PRESENCE came; false if malformed.  A question is answered
 * by presence_run(). */
bool presence_join(
	struct presence *presence, struct peer *peer, struct wire_in *in);
bool presence_leave(
	struct presence *presence, struct peer *peer, struct wire_in *in);
bool presence_ask(
	struct presence *presence, struct peer *peer, struct wire_in *in);
/* The peer is gone. */
void presence_forget(struct presence *presence, struct peer *peer);

/* Puts what may be told into the transaction; true if there is more. */
bool presence_step(struct presence *presence);
/* After COMMIT: answers questions; true if the time was too short for all. */
bool presence_run(struct presence *presence);
/* Now and then: true if there is something to be told. */
bool presence_tend(struct presence *presence);

#endif
