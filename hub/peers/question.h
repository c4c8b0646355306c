/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_QUESTION_H
#define TIDINGS_HUB_PEERS_QUESTION_H
/*
 * question - what a JUDGE asks, and what is known of its channels
 *
 * Nearly all of that is in memory.  What is not is looked up before (looks.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "lib/wire.h"

enum {
	QUESTION_CHANNELS_MAX = 1000,
};

struct looks;

struct question {
	uint64_t tag;
	uint8_t from; /* enum wire_from */
	uint64_t value, upto;
	struct sight sight; /* who asks; borrows */
	struct span label;  /* borrows likewise */
	uint16_t name_count;
	uint16_t pattern_count; /* of them, the last ones */
	struct wire_in names;	/* borrow from the frame */
	uint16_t told_count;
	struct wire_in told; /* what is known: place, told */
	/* After question_resolve: those that have a row ... */
	struct channel *channels[QUESTION_CHANNELS_MAX];
	uint16_t
		places[QUESTION_CHANNELS_MAX]; /* each one's, among the names */
	size_t channel_count;
	/* ... up to where each name was pruned, of that what who asks sees, the
	 * highest of these, and the highest that he does not know. */
	uint64_t marks[QUESTION_CHANNELS_MAX];
	uint64_t seen[QUESTION_CHANNELS_MAX];
	uint64_t pruned_through, pruned_at, untold;
};

/* Are its pages of all that there is, or of what is public? */
static inline bool question_reads_all(const struct question *question)
{
	return question->sight.all || question->sight.scope != NULL;
}

/* A channel, or a pattern. */
struct asked {
	uint8_t kind; /* enum selector_kind */
	struct span text;
};

/* All but the grant, which follows.  False if it is malformed. */
bool question_read(struct question *question, struct wire_in *in);
/* The same for one that was read before: its names are not looked at.  `scope`:
 * of the grant, borrowed. */
void question_read_again(struct question *question, struct wire_in *in,
	const struct channels *channels, struct scope *scope);
/* The next of its names. */
struct asked question_next(struct wire_in *names);
/* Of a label: the cursor that it stands for, or one that is not known. */
void question_find_label(struct question *question, struct eventlog *log);
/* All has been looked up (looks.h), as far as there was anything at that time:
 * it holds for events that were committed then. */
void question_resolve(struct question *question, const struct looks *looks,
	struct eventlog *log);
/* Appends how many of its channels, and which, may have events above `used`. */
void question_put_busy(
	const struct question *question, uint64_t used, struct buf *out);
/* Appends how many of its names, and which, were pruned above `used`, and up to
 * where. */
void question_put_marks(
	const struct question *question, uint64_t used, struct buf *out);

#endif
