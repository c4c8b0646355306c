/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_FOLLOW_H
#define TIDINGS_HUB_PEERS_FOLLOW_H
/*
 * follow - a peer that is sent the log
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "hub/log/ring.h"
#include "hub/peers/peer.h"

enum {
	FOLLOW_PAGE = 256 << 10, /* bytes of frames read from the log at once */
	FOLLOW_PAGE_US = 2000,	 /* and no longer than this */
};

/* FOLLOW: answers FOLLOWING.  No transaction may be under way: nothing that may
 * still be rolled back is to be counted. */
void follow_begin(struct eventlog *log, const struct ring *ring,
	struct peer *peer, uint64_t after, uint64_t window);
/* Sends what the ring has for it and the socket takes. */
void follow_move(const struct ring *ring, struct peer *peer);
/* True if follow_page would have something to do. */
bool follow_wants_page(const struct peer *peer);
/* BEHIND: sends one page of the log. */
void follow_page(
	struct eventlog *log, const struct ring *ring, struct peer *peer);

/* Events have left the log: one that follows begins anew. */
void follow_anew(
	struct eventlog *log, const struct ring *ring, struct peer *peer);

#endif
