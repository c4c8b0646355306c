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

#include "hub/peers/attendance.h"
#include "hub/peers/presence.h"
#include "lib/buf.h"

struct payer;
struct peer;

/* One subscriber. */
struct present {
	struct table_node by_subscriber;
	struct attendant who;
	struct node among;   /* its peer's, or the orphans */
	struct node waiting; /* with its payer, or among the drafts */
	struct peer *peer;   /* that speaks for it; NULL = an orphan */
	struct payer *payer;
	uint64_t deadline; /* of an orphan, monotonic us */
	bool gone;	   /* it has left */
	bool told;	   /* its coming was, and its leaving was not */
	bool drafted;	   /* the other is, in this transaction */
	struct buf body;   /* of its JOINED: what it borrows from */
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
};

/* False if it is malformed.  Borrows. */
bool joined_get(struct wire_in *in, struct joined *joined);

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

/* ---- presence_tell.c */

/* It was told of, and that is committed; or it is told of no more. */
void present_enter(struct presence *presence, struct present *present);
void present_take_out(struct presence *presence, struct present *present);
/* Id of the newest event that told of anybody, 0 if none did. */
uint64_t presence_newest(const struct presence *presence);

#endif
