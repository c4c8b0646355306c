/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_WINDOW_H
#define TIDINGS_FCGI_STREAM_WINDOW_H
/*
 * window - the newest events, in memory
 *
 * Every stored event with an id above `from` is held, and between them the
 * volatile ones that came since.  A place in it is a position: 1, 2, 3 ... for
 * each event that ever came, never used again, also not after the window was
 * voided.  "At position p" means: has looked at everything up to and including
 * p.  The oldest events leave when the window is full; the newest one always
 * stays.  Owns its events; tells each event's channel where it is.
 *
 *   INVALID   nothing was ever promised: no cursor can be found here
 *   VALID     window_begin() was called
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/stream/topic.h"
#include "lib/wire.h"

struct entry {
	struct wire_event event; /* its spans live as long as the entry */
	struct topic *topic;
	uint32_t cost;	 /* bytes it is counted with */
	bool is_private; /* not for everybody: grant_reads() */
	bool gone;	 /* it was deleted: for nobody, and its data is not
			    here any more */
	uint64_t mark;	 /* id of the newest stored event up to here */
	void *bytes;
};

struct privacy;
struct window;

/* `limit`: bytes of events, texts and bookkeeping.  Borrows the table. */
struct window *window_new(size_t limit, struct topics *topics);
void window_free(struct window *window);
/* Which events are private from now on; borrowed.  At first it is NULL: those
 * that have the trait. */
void window_guard(struct window *window, const struct privacy *privacy);
const struct privacy *window_privacy(const struct window *window);

/* Forgets everything held: from now on the window is VALID above id `from`. */
void window_begin(struct window *window, uint64_t from);
/* Copies the event, whose id is 0 or above all before; returns its channel. */
struct topic *window_append(
	struct window *window, const struct wire_event *event);

struct erasure;
/* What was deleted is given to nobody any more; what is not held is passed
 * over. */
void window_erase(struct window *window, const struct erasure *erasure);

struct topics *window_topics(const struct window *window);
/* The patterns that match the channel, NULL if none do; who carries the newest
 * event ends at it. */
const struct patterns_of *window_patterns(
	const struct window *window, struct topic *topic);
/* Another one after each change of who listens to which patterns: a topic of
 * before may be another one now. */
uint64_t window_generation(const struct window *window);

bool window_valid(const struct window *window);
uint64_t window_from(const struct window *window);
uint64_t window_newest(const struct window *window); /* id; `from` if empty */
/* The position of the newest event, and one below that of the oldest. */
uint64_t window_end(const struct window *window);
uint64_t window_floor(const struct window *window);
/* The last position of what window_begin() has thrown away: whoever is at or
 * below it cannot tell from his channels what he has missed. */
uint64_t window_voided(const struct window *window);

/* floor < position <= end; valid until the next append or begin. */
const struct entry *window_entry(
	const struct window *window, uint64_t position);
/* The id of the newest stored event up to `position` (floor <= it <= end). */
uint64_t window_mark(const struct window *window, uint64_t position);

/* True if `id` is `from` or the id of an event held here: then *position is
 * where it is.  A cursor that is anything else is for the hub to judge. */
bool window_locate(
	const struct window *window, uint64_t id, uint64_t *position);
/* The last position whose mark is <= id; id must be >= from. */
uint64_t window_seek(const struct window *window, uint64_t id);

#endif
