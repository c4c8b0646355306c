/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_DELETE_H
#define TIDINGS_HUB_PEERS_DELETE_H
/*
 * delete - what a responder asks to have deleted
 */
#include "hub/log/ledger.h"
#include "hub/peers/peer.h"

/* The body of DELETE; the answer comes as a publish's.  False if it is
 * malformed. */
bool delete_take(struct ledger *ledger, struct peer *peer, struct wire_in *in);

#endif
