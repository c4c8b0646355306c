/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_TOGETHER_PENDING_H
#define TIDINGS_HUB_TOGETHER_PENDING_H
/*
 * pending - who waits for what became of a proposal
 *
 *   ASKED    the order has not answered
 *   PLACED   it has an id, and the entry is not in the log yet
 *   LOOKING  its inbox is published further than was thought; once the log has
 *            what was published, that is so here, too
 *
 *   ASKED -> PLACED, LOOKING     the answer
 *   each  -> gone                its ack is told, or goes with the transaction
 *
 * Memory only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "hub/log/order.h"
#include "hub/log/origin.h"
#include "lib/list.h"

struct waiter;

/* Who wants to know of it beside its ack; `arg` is the room's. */
struct waiter_end {
	void (*answered)(void *arg, const struct waiter *waiter);
	/* Its entry is in the transaction. */
	void (*reached)(void *arg, const struct waiter *waiter);
};

struct waiter {
	struct node among;
	struct ack ack;	 /* no peer and no `tell`: nobody is told */
	uint64_t entry;	 /* PLACED: what has to be applied */
	uint64_t asked;	 /* monotonic us */
	uint64_t orphan; /* that is put back; 0 = none */
	uint64_t newest; /* likewise: of the log, when it was asked for */
	const struct waiter_end *end; /* NULL = nobody */
	struct order_look look;	      /* LOOKING */
	uint64_t cursor;	      /* of its inbox, as the order has it */
	uint64_t to;		      /* as it was proposed */
	uint8_t inbox[ORIGIN_INBOX];
	char *name; /* of the inbox; NULL = it is none's */
};

struct pending {
	struct node asked, placed, looking;
};

void pending_open(struct pending *pending);
/* Frees all; nobody is told. */
void pending_close(struct pending *pending);

struct waiter *pending_add(struct pending *pending, const struct ack *ack);
void waiter_free(struct waiter *waiter);
/* It is PLACED now. */
void pending_place(
	struct pending *pending, struct waiter *waiter, uint64_t entry);
/* The next one that is PLACED up to `id`, taken out; NULL if there is none. */
struct waiter *pending_reach(struct pending *pending, uint64_t id);
/* One that is PLACED above `last` and below `start`, likewise. */
struct waiter *pending_lose(
	struct pending *pending, uint64_t last, uint64_t start);
/* One that is PLACED or LOOKING and was asked before that time, likewise. */
struct waiter *pending_overdue(struct pending *pending, uint64_t asked_us);
/* Nobody is to be told of what `peer` asked. */
void pending_forget(struct pending *pending, const void *peer);

#endif
