/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_CURSOR_H
#define TIDINGS_HUB_LOG_CURSOR_H
/*
 * cursor - how far each inbox is published, and why rows of it were not
 *
 * An inbox is known by its identity, and belongs to one name of tidings.conf.
 * What is written here belongs to the store's transaction.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "lib/buf.h"

enum {
	CURSOR_IDENTITY = 16, /* bytes */
	CURSOR_PER_NAME =
		16, /* inboxes, the last ones that had it; those before
		       them are forgotten, with their reasons */
};

struct cursors {
	struct store *store; /* borrowed */
	struct query look, enter, forget, forget_reasons, move;
	struct query count, add, drop, reasons;
};

void cursors_open(struct cursors *cursors, struct store *store);
void cursors_close(struct cursors *cursors);

/* False if the identity is not known; else the name it belongs to is appended
 * to `name`. */
bool cursor_look(struct cursors *cursors, const uint8_t *identity,
	uint64_t *cursor, struct buf *name);
/* It belongs to this name from now on. */
void cursor_enter(struct cursors *cursors, const uint8_t *identity,
	const char *name, uint64_t cursor);
/* One that was entered. */
void cursor_move(
	struct cursors *cursors, const uint8_t *identity, uint64_t cursor);

/* ---- refused rows whose reasons are still to be told */

size_t cursor_count_reasons(struct cursors *cursors, const uint8_t *identity);
void cursor_add_reason(struct cursors *cursors, const uint8_t *identity,
	uint64_t row, struct span reason);
void cursor_drop_reason(
	struct cursors *cursors, const uint8_t *identity, uint64_t row);
/* Hands out the first `most` of them, by row. */
void cursor_each_reason(struct cursors *cursors, const uint8_t *identity,
	size_t most, void (*each)(void *arg, uint64_t row, struct span reason),
	void *arg);

#endif
