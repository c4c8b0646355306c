/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_RESUME_H
#define TIDINGS_HUB_PEERS_RESUME_H
/*
 * resume - where a stream really begins
 *
 * The one place that knows what a gap is:
 *
 *   lost      the cursor lies between two epochs: it is from another history
 *   unknown   it is above the newest id, or no number
 *   pruned    something above it was pruned on one of its channels, and
 *             who asks was not told before
 *
 * No event is read for it but, at times, the first: however many channels there
 * are, nearly all is known from memory, or was looked up before (looks.h).
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "hub/peers/question.h"

enum {
	JUDGE_LOOKS = 32, /* channels whose first event above a cursor is looked
			     up in the index; some us each */
};

struct verdict {
	bool gap;
	uint64_t used;		 /* the cursor to begin with */
	uint64_t limit;		 /* no event above it */
	uint64_t oldest, newest; /* at a gap: held on these channels, 0 =
				    nothing */
};

/* `sent` is the newest id that who asks may know. */
struct verdict question_judge(
	const struct question *question, struct eventlog *log, uint64_t sent);
#endif
