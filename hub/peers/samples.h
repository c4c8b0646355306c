/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_SAMPLES_H
#define TIDINGS_HUB_PEERS_SAMPLES_H
/*
 * samples - those of the last three minutes, for who has not listened meanwhile
 *
 * As they were told, so that they show nobody more than the stream did.  In
 * memory only, and in at most SAMPLES_KEPT x SAMPLE_MOST bytes: a hub that has
 * just started has none.
 */
#include <stdint.h>

#include "lib/buf.h"

enum {
	SAMPLES_KEPT = 90,  /* at one every two seconds, three minutes */
	SAMPLE_MOST = 2048, /* bytes; a longer one is not kept */
};

struct samples {
	struct buf texts[SAMPLES_KEPT];
	unsigned next; /* where the next one goes: over the oldest */
	unsigned count;
};

void samples_release(struct samples *samples);

/* `text`: the JSON of one, copied. */
void samples_keep(struct samples *samples, struct span text);

/* Appends {"now": ..., "interval_ms": ..., "samples": [...]} and a newline, the
 * oldest first.  `now`: ms since 1970. */
void samples_put(const struct samples *samples, struct buf *out, uint64_t now,
	unsigned interval_ms);

#endif
