/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PRESENT_H
#define TIDINGS_HUB_PEERS_PRESENT_H
/*
 * present - one subscriber: what is true of it, and what was told
 *
 * The parts of presence.h know each other by this.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/origin.h"
#include "hub/peers/attendance.h"
#include "hub/peers/presence.h"
#include "lib/buf.h"

struct payer;
struct peer;

/* Another machine that shares the order, and who is there at it. */
struct presence_machine {
	struct node node;
	uint8_t hub[ORIGIN_HUB];
	struct node presents;
	uint64_t gone_us; /* since when it has left, monotonic; 0 = it has not
			   */
};

/* One subscriber. */
struct present {
	struct table_node by_subscriber;
	struct presence *presence;
	struct attendant who;
	struct presence_machine *machine; /* that it is at; NULL = at this */
	struct node among;   /* its peer's, its machine's, or the orphans */
	struct node waiting; /* with its payer, or among the drafts */
	struct peer *peer;   /* that speaks for it; NULL = an orphan */
	struct payer *payer; /* NULL = it is at another machine */
	struct payer *pays;  /* with which it waits */
	uint64_t deadline;   /* of an orphan, monotonic us */
	bool gone;	     /* it has left */
	bool told;	     /* its coming was, and its leaving was not */
	bool drafted; /* the other is, in this transaction; SHARED: is proposed
			 and not answered */
	bool anew;    /* told, but not to all: to be told again */
	bool insist;  /* its leaving was told once, and it is still there */
	struct buf body; /* of its JOINED: what it borrows from */
	struct span topics;
	uint16_t count;
	struct attendance_entry entries[];
};

/* What JOINED says. */
struct joined {
	struct span subscriber, address, user, payload;
	struct span topics; /* count x str16, and more */
	uint16_t count;
	bool open; /* lib/event/active.h; a row of wire 8 says nothing of it */
	struct span hub; /* only a row says at which machine; empty = at this */
};

/* False if it is malformed.  Borrows. */
bool joined_get(struct wire_in *in, struct joined *joined);
/* Appends it. */
void joined_put(struct buf *out, const struct joined *joined);

/* NULL if there is none. */
struct present *present_find(
	const struct presence *presence, struct span subscriber);
/* Made of a body of JOINED; it is said by nobody yet. */
struct present *present_new(
	struct presence *presence, struct span body, const struct joined *from);
void present_free(struct presence *presence, struct present *present);
/* What is true of it, or what was told, has changed: it waits to be told, or
 * not any more, or is freed. */
void present_look(struct presence *presence, struct present *present);
/* It is at this machine, and not at another: an orphan, until a peer speaks for
 * it. */
void present_own(struct presence *presence, struct present *present);

/* That one speaks for it from now on; NULL = nobody. */
void present_set_peer(
	struct presence *presence, struct present *present, struct peer *peer);

/* It was told of, and that is committed; or it is told of no more. */
void present_enter(struct presence *presence, struct present *present);
void present_take_out(struct presence *presence, struct present *present);
/* Id of the newest event that told of anybody, 0 if none did. */
uint64_t presence_newest(const struct presence *presence);

/* ---- SHARED: presence_machine.c */

/* Found, or made. */
struct presence_machine *presence_machine(
	struct presence *presence, struct span hub);
/* Nobody is there. */
void presence_drop_machine(struct presence_machine *machine);
void presence_drop_machines(struct presence *presence);

/* ---- presence_propose.c */

/* Proposes what may be told. */
void presence_propose(struct presence *presence);
/* Others may be, since some were answered. */
bool presence_has_more(const struct presence *presence);
/* Now and then: which machines have left, and which know too little. */
void presence_tend_machines(struct presence *presence);

/* ---- presence_told.c */

/* In a transaction: somebody has come, by events from that id on; he is at the
 * machine of that hub, and `topics` is count x str16. */
void presence_told_came(struct presence *presence, const struct active *active,
	const uint8_t hub[ORIGIN_HUB], struct span topics, uint16_t count,
	uint64_t id);
/* Likewise: whoever came above that id is not there. */
void presence_told_nothing(struct presence *presence, uint64_t last);
/* It has ended. */
void presence_settle_told(struct presence *presence);
void presence_revert_told(struct presence *presence);

#endif
