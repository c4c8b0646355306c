#ifndef TIDINGS_PUBLISH_H
#define TIDINGS_PUBLISH_H
/*
 * publish - one PUBLISH frame: checked, looked up, stored, answered
 *
 * All of its events are stored or none.  The answer follows the COMMIT.
 */
#include <stdbool.h>

#include "hub/peer.h"

/* False if the frame is malformed. */
bool publish_take(struct peer *peer, struct wire_in *in);

/* Static sentence if the hub will not have this event, else NULL.  `limit` is
 * how long data may be. */
const char *publish_fault(
	struct span channel, struct span type, struct span data, size_t limit);

#endif
