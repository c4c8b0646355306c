#ifndef TIDINGS_DISPATCH_H
#define TIDINGS_DISPATCH_H
/*
 * dispatch - which verb a frame wants; and what goes with a peer that goes
 */
#include "hub/counts.h"
#include "hub/ledger.h"
#include "hub/meter.h"
#include "hub/peer.h"

/* What frames are about. */
struct dispatch {
	struct ledger *ledger;
	struct peers *peers;
	struct meter *meter;
	struct counts *counts;
};

/* What a struct peers calls; its `arg` is the dispatch. */
void dispatch_frame(void *peer, uint8_t type, struct span body);
void dispatch_gone(void *peer, const char *why);

#endif
