/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PUBLISH_H
#define TIDINGS_HUB_PEERS_PUBLISH_H
/*
 * publish - one PUBLISH frame: checked, looked up, stored, answered
 *
 * All of its events are stored or none.  The answer follows the COMMIT.
 */
#include <stdbool.h>

#include "hub/log/ledger.h"
#include "hub/peers/peer.h"

/* False if the frame is malformed. */
bool publish_take(struct ledger *ledger, struct peer *peer, struct wire_in *in);
/* STORED, to a struct peer. */
void publish_tell(void *peer, const struct ack *ack);

#endif
