/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PUBLISH_QUEUE_H
#define TIDINGS_HUB_PEERS_PUBLISH_QUEUE_H
/*
 * publish_queue - publishes, so many of them in a turn
 *
 * A short one is taken as it comes while the turn has time left.  Then it
 * waits, as a long one always does.  In the turn the short ones are taken
 * first, and then the long ones, peer by peer, as long as there is time.  A
 * long one is taken whole, since it is of one transaction, and one in each
 * turn: so what the hub is asked, and a short publish, wait for one long
 * publish at most, however many there are.
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
	size_t waiting; /* of all peers */
	uint64_t end;	/* of this turn's time; 0 = none was taken in it */
};

/* PUBLISH came; false if it was taken, and malformed. */
bool publish_queue_hear(
	struct publish_queue *queue, struct peer *peer, struct wire_in *in);
/* Once a turn, before its COMMIT; true if some are left. */
bool publish_queue_run(struct publish_queue *queue);
/* All that are left, at the end of the hub. */
void publish_queue_finish(struct publish_queue *queue);
/* The peer is closed: those of its publishes that wait go unanswered. */
void publish_queue_forget(struct publish_queue *queue, struct peer *peer);

#endif
