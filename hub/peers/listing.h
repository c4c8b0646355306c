/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_LISTING_H
#define TIDINGS_HUB_PEERS_LISTING_H
/*
 * listing - which channels there are, a page at a time, or one of them
 *
 * Questions wait until the turn's COMMIT, since what is told of a channel is to
 * last; then each is answered at once, out of what the hub knows (counts.h).
 * The peers take turns.  A page ends early rather than take long: names that
 * are stored and lie far apart in memory cost several times what others do, and
 * an oldest id that is not known is looked up.  Who asks for everybody is told
 * of what everybody sees, and only that is gone through; who has a grant waits
 * for what is hidden to be compared with it.
 */
#include <stdbool.h>

#include "hub/peers/counts.h"
#include "hub/peers/peer.h"

enum {
	LISTING_LINES_MAX = 256, /* of one answer, whatever was asked for */
	LISTING_ANSWER_US = 80,	 /* for one answer; then its page ends */
	LISTING_US = 2000,	 /* answering, between two commits */
};

/* CHANNELS came; false if malformed. */
bool listing_ask(
	const struct counts *counts, struct peer *peer, struct wire_in *in);
/* The peer is closed: its questions go. */
void listing_forget(struct peer *peer);
/* True if work is left. */
bool listing_run(struct counts *counts, struct peers *peers);

#endif
