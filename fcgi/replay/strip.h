/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_STRIP_H
#define TIDINGS_FCGI_REPLAY_STRIP_H
/*
 * strip - one topic's older events in a range of ids, as text
 *
 * All that the hub had of the topic above `from`, and not above `through`;
 * but what had ids up to `mark` may have been pruned before it was asked.
 * Immutable: whoever is anywhere in the range reads the same one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/stream/event.h"
#include "lib/buf.h"
#include "lib/list.h"

struct batch;
struct paged;
struct privacy;
struct shelf_row;
struct subscriber;

/* An event that not everybody on the channel is given. */
struct strip_choice {
	uint32_t at;	     /* its index */
	bool is_private;     /* only whose grant says so is (grant_reads) */
	struct span channel; /* of a private one; in the strip's `texts` */
	struct span traits;  /* likewise, of any */
};

struct strip {
	uint64_t from, through, mark;
	uint32_t count;
	struct batch *batch; /* all of it, for request 1; NULL if count is 0 */
	uint64_t *ids;	     /* rising */
	uint32_t *ends;	     /* of each event, in the batch's text */
	struct strip_choice *choices; /* rising */
	uint32_t choice_count;
	struct buf texts;
	size_t cost; /* bytes */
	/* The shelf's: */
	struct shelf_row *row; /* NULL = on none */
	struct node idle;      /* while nobody holds it */
	uint32_t holds;
};

/* Of what the hub has answered to a question for events above `from`: those
 * that a topic of that key (topic.h) has. */
struct strip *strip_new(uint64_t from, const struct paged *paged,
	struct span key, enum event_dress dress, const struct privacy *privacy);
void strip_free(struct strip *strip);

/* The index of the first event above `id`, `count` if there is none. */
uint32_t strip_after(const struct strip *strip, uint64_t id);
/* True if the subscriber is given all of it. */
bool strip_gives_all(const struct strip *strip, const struct subscriber *sub);
/* True if the subscriber is given the event at that index. */
bool strip_gives(const struct strip *strip, uint32_t index,
	const struct subscriber *sub);
/* Appends the text of the events from `first` on and before `end`. */
void strip_text(const struct strip *strip, uint32_t first, uint32_t end,
	struct buf *out);

/* Has the event's text fetched into the processor's cache. */
void strip_want(const struct strip *strip, uint32_t index);

/* Where an event begins, in the batch's text. */
static inline uint32_t strip_begin(const struct strip *strip, uint32_t index)
{
	return index == 0 ? 0 : strip->ends[index - 1];
}

/* Bytes of text of the events from `first` on and before `end`. */
static inline size_t strip_size(
	const struct strip *strip, uint32_t first, uint32_t end)
{
	return strip_begin(strip, end) - strip_begin(strip, first);
}

static inline uint64_t strip_last(const struct strip *strip)
{
	return strip->ids[strip->count - 1];
}

#endif
