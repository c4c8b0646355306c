/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_COMPOSER_H
#define TIDINGS_FCGI_STREAM_COMPOSER_H
/*
 * composer - composes what a subscriber lacks, and keeps it for the next one
 *
 * The events after its cursor on its channels, merged by position, joined up
 * to RECORD_BODY bytes.  The last few batches are kept: in a fan-out nearly
 * everybody is at the same place of the same channels as the one before.  They
 * are kept no longer than that (composer_clear), since a channel may be
 * forgotten and its memory be another one's.
 */
#include <stdint.h>

struct batch;
struct composer;
struct subscriber;
struct window;

struct composer *composer_new(struct window *window);
void composer_free(struct composer *composer);

/* The next events for `sub` after its position and cursor, up to the position
 * `horizon`; the caller holds a reference.  NULL if there is none. */
struct batch *composer_next(struct composer *composer,
	const struct subscriber *sub, uint64_t horizon);
/* Returns the memory of what was kept. */
void composer_clear(struct composer *composer);

#endif
