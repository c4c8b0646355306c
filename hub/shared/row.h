/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_ROW_H
#define TIDINGS_HUB_SHARED_ROW_H
/*
 * row - what one id of the stream has: an entry, or a hole
 *
 *   entry  h head, a time in ms, n rows, i items (entry.h); p, if it was there
 *	    when the order was founded: the id before it
 *   hole   hole last; p, if it is the one after the founding: no entry is
 *	    between that id and `last`
 *
 * Spans borrow from the reply.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/shared/redis.h"
#include "hub/shared/shared.h"

struct row {
	uint64_t id; /* 0: none that a hub gives */
	bool is_hole, founded;
	uint64_t hole;	 /* its last id */
	uint64_t before; /* if it is a founding one */
	uint64_t at, rows;
	struct span head, items;
};

/* NULL, or why it is neither (static). */
const char *row_read(struct row *row, const struct redis *redis,
	const struct redis_reply *reply);

/* Of what is remembered outside of the stream: last.  False if it is none. */
bool row_read_hole(struct shared_hole *hole, const struct redis *redis,
	const struct redis_reply *reply);

#endif
