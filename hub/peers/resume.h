/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_RESUME_H
#define TIDINGS_HUB_PEERS_RESUME_H
/*
 * resume - what a JUDGE asks, and where the stream really begins
 *
 * The one place that knows what a gap is:
 *
 *   lost      the cursor lies between two epochs: it is from another history
 *   unknown   it is above the newest id, or no number
 *   pruned    something above it was pruned on one of its channels, and
 *             who asks was not told before
 *
 * No event is read for it but, at times, the first: however many channels there
 * are, nearly all is known from memory.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "lib/wire.h"

enum {
	QUESTION_CHANNELS_MAX = 1000,
	JUDGE_LOOKS = 32, /* channels whose first event above a cursor is looked
			     up in the index; some us each */
};

struct question {
	uint64_t tag;
	uint8_t from; /* enum wire_from */
	uint64_t value, told, upto;
	struct span label; /* borrows likewise */
	uint16_t name_count;
	struct wire_in names; /* borrows from the frame */
	/* After question_resolve: those that have a row ... */
	struct channel *channels[QUESTION_CHANNELS_MAX];
	uint16_t
		places[QUESTION_CHANNELS_MAX]; /* each one's, among the names */
	size_t channel_count;
	/* ... and the highest marks of all. */
	uint64_t pruned_through, pruned_at;
};

struct verdict {
	bool gap;
	uint64_t used;		 /* the cursor to begin with */
	uint64_t limit;		 /* no event above it */
	uint64_t oldest, newest; /* at a gap: held on these channels, 0 =
				    nothing */
};

/* False if it is malformed. */
bool question_read(struct question *question, struct wire_in *in);
/* The same for one that was read before: its names are not looked at. */
bool question_read_again(struct question *question, struct wire_in *in);
/* Of a label: the cursor that it stands for, or one that is not known. */
void question_find_label(struct question *question, struct eventlog *log);
void question_resolve(struct question *question, struct channels *channels);
/* `sent` is the newest id that who asks may know. */
struct verdict question_judge(
	const struct question *question, struct eventlog *log, uint64_t sent);
/* Appends how many of its channels, and which, may have events above `used`. */
void question_put_busy(
	const struct question *question, uint64_t used, struct buf *out);

#endif
