/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PUBLISH_QUEUE_H
#define TIDINGS_HUB_PEERS_PUBLISH_QUEUE_H
/*
 * publish_queue - publishes and deletions, so many of them in a turn
 *
 * A short one is taken as it comes while the turn has time left and no short
 * one waits, whoever's.  Then it waits, as a long one always does, until it is
 * its peer's turn.  The short
 * ones are taken and committed first; what the hub was asked is answered; then
 * comes a long one, in a transaction without them.  It is taken whole, and
 * another one only if that took little time: so questions and short publishes
 * wait for one long publish at most, however many there are.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "hub/peers/peer.h"

enum {
	PUBLISH_US = 10000,	  /* of a turn */
	PUBLISH_SHORT = 16 << 10, /* bytes of a body; a longer one is long */
	PUBLISH_BYTES = 32 << 20, /* of a peer that wait; beyond, one is taken
				     as it comes */
};

struct publish_queue {
	struct ledger *ledger;
	struct peers *peers;
	size_t waiting;	      /* of all peers, ... */
	size_t short_waiting; /* ... and the short ones of these */
	uint64_t end; /* of this turn's time for short ones; 0 = not begun */
};

/* What takes one, publish_take() or delete_take(): false if it is malformed. */
typedef bool publish_taker(
	struct ledger *ledger, struct peer *peer, struct wire_in *in);

/* PUBLISH or DELETE came; false if it was taken, and malformed. */
bool publish_queue_hear(struct publish_queue *queue, struct peer *peer,
	publish_taker *taker, struct wire_in *in);
/* Once a turn: of the short ones that wait. */
void publish_queue_run_short(struct publish_queue *queue);
/* Likewise, of the long ones; false if there was none. */
bool publish_queue_run_long(struct publish_queue *queue);
/* Whether some are left. */
bool publish_queue_waits(const struct publish_queue *queue);
/* All that are left, at the end of the hub. */
void publish_queue_finish(struct publish_queue *queue);
/* The peer is closed: those of its publishes that wait go unanswered. */
void publish_queue_forget(struct publish_queue *queue, struct peer *peer);

#endif
