/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_ORIGIN_H
#define TIDINGS_HUB_LOG_ORIGIN_H
/*
 * origin - which hub took an event, and from whom: TRAIT_ORIGIN
 *
 *   16 bytes hub, u64 source, u64 number, u32 index
 *   [, 16 bytes inbox, u64 row]
 *
 * `source` and `number` are the publish's receipt, 0 if it has none; `index`
 * is the row's among those of its entry, from 0.  An event that came by an
 * inbox says which row it was.  Only a log that has its order in common with
 * others writes it.
 *
 * Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum { ORIGIN_HUB = 16, ORIGIN_INBOX = 16 };

struct origin {
	uint8_t hub[ORIGIN_HUB];
	uint64_t source, number;
	uint32_t index;
	bool has_row; /* then: */
	uint8_t inbox[ORIGIN_INBOX];
	uint64_t row;
};

/* Appends `traits` with this origin among them, instead of any other; where its
 * index lies in `out` is returned. */
size_t origin_add(
	struct buf *out, struct span traits, const struct origin *origin);
/* Writes another index there. */
void origin_set_index(struct buf *traits, size_t at, uint32_t index);
/* Appends `traits` without any. */
void origin_strip(struct buf *out, struct span traits);
/* False if there is none. */
bool origin_find(struct span traits, struct origin *origin);

#endif
