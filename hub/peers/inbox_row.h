/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_INBOX_ROW_H
#define TIDINGS_HUB_PEERS_INBOX_ROW_H
/*
 * inbox_row - one row of an inbox: in a frame, and as a proposal
 *
 * Pure.
 */
#include <stdint.h>

#include "hub/log/order.h"
#include "lib/event_size.h"
#include "lib/span.h"
#include "lib/wire.h"

struct row {
	uint64_t id;
	uint8_t kind; /* enum wire_row */
	struct span reason;
	struct span channel, type, traits, key, data;
};

struct row row_get(struct wire_in *in);
/* Empty, or why it will never be published, perhaps in `sentence`. */
struct span row_fault(const struct row *row, size_t max_event,
	char sentence[EVENT_SIZE_SENTENCE]);
/* Its one item is `item`; the cursor goes to it.  It has no fault, or has no
 * items then. */
struct proposal row_proposal(const struct row *row, struct proposed *item);

#endif
