/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_MILESTONE_H
#define TIDINGS_FCGI_STREAM_MILESTONE_H
/*
 * milestone - where a batch that gets full ends, so that others end there, too
 *
 * Streams that fall behind do so one by one, and batches that begin at
 * different places and are filled up end at different places: nothing of what
 * they are given would be the same again.  So a batch that gets full ends
 * before the roundest position in its second half, the one that two divides
 * most often: of those that come by the same one all end there, and are
 * together from then on.  It matters where what is the same is worked on once
 * for all (gzip.h).
 */
#include <stddef.h>
#include <stdint.h>

struct milestone {
	unsigned rank;	  /* of its position: how often two divides it */
	uint64_t through; /* the position before it */
	size_t len;	  /* bytes of the batch up to there; 0 = none was met */
	uint32_t events;  /* likewise */
};

/* The batch, which has something in it, goes on from an event at the window's
 * position `before` to one at `position`, which is above; so far it has `len`
 * bytes and so many events. */
void milestone_pass(struct milestone *best, uint64_t before, uint64_t position,
	size_t len, uint32_t events);

#endif
