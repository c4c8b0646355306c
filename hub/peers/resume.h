/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_RESUME_H
#define TIDINGS_HUB_PEERS_RESUME_H
/*
 * resume - what a PAGE asks, and where it really begins
 *
 * The one place that knows what a gap is:
 *
 *   lost      the cursor lies between two epochs: it is from another history
 *   unknown   it is above the newest id, or no number
 *   pruned    something above it was pruned on one of its channels, and
 *             who asks was not told with an earlier page
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "lib/wire.h"

enum { QUESTION_CHANNELS_MAX = 1000 };

struct question {
	uint64_t tag;
	enum wire_from from;
	uint64_t value, told, upto;
	uint32_t bytes;
	uint16_t name_count;
	struct wire_in names; /* borrows from the frame */
	/* After question_resolve: those that have a row ... */
	struct channel *channels[QUESTION_CHANNELS_MAX];
	size_t channel_count;
	/* ... and the highest marks of all. */
	uint64_t pruned_through, pruned_at;
};

struct verdict {
	bool gap;
	uint64_t used;		 /* the cursor to begin with */
	uint64_t limit;		 /* no event above it */
	uint64_t oldest, newest; /* held on these channels, 0 = nothing */
};

/* False if it is malformed. */
bool question_read(struct question *question, struct wire_in *in);
void question_resolve(struct question *question, struct channels *channels);
/* `sent` is the newest id that who asks may know. */
struct verdict question_judge(
	const struct question *question, struct eventlog *log, uint64_t sent);

#endif
