/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HISTORY_LEAF_H
#define TIDINGS_FCGI_HISTORY_LEAF_H
/*
 * leaf - a page of a channel's events, as JSON
 *
 * One object with a list, or, as lines, an object for each event and a last one
 * that says where to go on.  Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/wire.h"

enum {
	LEAF_BYTES = 1 << 20, /* with so many it is full, whatever its limit */
};

/* All zero but `lines` and `limit` is an empty one. */
struct leaf {
	bool lines;
	uint16_t limit;
	uint16_t count;
	bool mortal;   /* it has an event that has an end */
	uint64_t last; /* the id that its last event is shown with */
	struct buf text;
	uint64_t second; /* of the event before; how it is written: */
	struct buf date;
};

void leaf_release(struct leaf *leaf);
/* It is an empty one again. */
void leaf_clear(struct leaf *leaf);
/* It must not be full. */
void leaf_add(struct leaf *leaf, const struct wire_event *event);
bool leaf_is_full(const struct leaf *leaf);
/* Nothing else comes: its text is whole.  `next`: whoever goes on from there
 * misses nothing; `gap`: what came before it is missing. */
void leaf_end(struct leaf *leaf, uint64_t next, bool gap);

#endif
