/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_DISPATCH_H
#define TIDINGS_HUB_DISPATCH_H
/*
 * dispatch - which handler a frame wants; and what goes with a peer that goes
 */
#include "hub/log/ledger.h"
#include "hub/peers/counts.h"
#include "hub/peers/inbox.h"
#include "hub/peers/peer.h"
#include "hub/peers/publish_queue.h"
#include "hub/peers/sampler.h"

/* What frames are about. */
struct dispatch {
	struct ledger *ledger;
	struct peers *peers;
	struct sampler *sampler;
	struct counts *counts;
	struct inboxes *inboxes;
	struct presence *presence;
	struct publish_queue *publishes;
};

/* What a struct peers calls; its `arg` is the dispatch. */
void dispatch_frame(void *peer, uint8_t type, struct span body);
void dispatch_gone(void *peer, const char *why);

/* Tells all responders whether the log can be written, and which inboxes are
 * not read. */
void dispatch_tell_state(const struct dispatch *dispatch);

#endif
