/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_TYPES_H
#define TIDINGS_FCGI_STREAM_TYPES_H
/*
 * types - the types of event that a stream wants
 *
 * In one span: sorted, no repeats, each with a byte of its length before it;
 * an empty one wants all.  `message` is what an event without a type is called,
 * as in a browser.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	TYPES_MAX = 100, /* of one stream; more is a 400 */
};

/* Sorts them, and appends what they are in one span; none is empty. */
void types_put(struct buf *out, struct span *types, size_t count);
/* Takes the first off; false if there is none. */
bool types_next(struct span *types, struct span *type);
/* Is an event of that type wanted? */
bool types_want(struct span types, struct span type);

#endif
