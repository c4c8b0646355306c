/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_RING_H
#define TIDINGS_HUB_LOG_RING_H
/*
 * ring - the newest EVENT frames, encoded once, shared by all followers
 *
 *      first ......... shown ..... last
 *      may be sent     drafts: not yet committed
 *
 * Frames are numbered as they are added.  The oldest make room for the newest;
 * a follower that falls below `first` reads the log instead.  Volatile events
 * are here and nowhere else.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/wire.h"

enum {
	RING_BYTES = 8 << 20,	 /* more than one transaction's events */
	RING_FRAMES = 128 << 10, /* whichever limit is met first */
};

struct ring_frame {
	uint64_t offset;  /* of its first byte, counted from the beginning */
	uint64_t through; /* newest stored id up to and with this frame */
};

struct ring {
	char *bytes;
	struct ring_frame *frames; /* [last] says where the next one starts */
	uint64_t first, shown, last;
	uint64_t base; /* every stored event above this id is in the ring */
};

void ring_open(struct ring *ring, uint64_t base);
/* Drops all there is; what follows comes above `base`.  There are no drafts. */
void ring_restart(struct ring *ring, uint64_t base);
void ring_close(struct ring *ring);

/* Adds a draft; `through` is its id or, if volatile, the newest given out. */
void ring_add(
	struct ring *ring, const struct wire_event *event, uint64_t through);
/* The drafts may be sent; or they never were. */
void ring_show(struct ring *ring);
void ring_revert(struct ring *ring, uint64_t newest);

/* The first frame that a follower needs who holds all up to `id` (which is not
 * below `base`). */
uint64_t ring_find(const struct ring *ring, uint64_t id);
/* The bytes of frames [from, shown) in two parts; their total length. */
size_t ring_parts(const struct ring *ring, uint64_t from, struct span parts[2]);
/* The first frame that does not lie wholly within the `len` bytes after the
 * start of `from`; *rest is how many of its bytes lie outside, 0 if none of it
 * is inside. */
uint64_t ring_seek(
	const struct ring *ring, uint64_t from, size_t len, size_t *rest);
/* Newest stored id up to and with frame `number`. */
static inline uint64_t ring_through(const struct ring *ring, uint64_t number)
{
	return ring->frames[number & (RING_FRAMES - 1)].through;
}

#endif
