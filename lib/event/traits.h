/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_TRAITS_H
#define TIDINGS_LIB_EVENT_TRAITS_H
/*
 * traits - what an event has beside channel, type and data
 *
 * A run of u8 kind | u16 length | bytes (little-endian), sorted by kind, each
 * kind once, TRAITS_MAX bytes together.  None is the empty span.  Whoever does
 * not know a kind below TRAIT_GUARDED passes it over; who does not know one
 * from there on stores it and passes it on, but delivers the event to nobody:
 * so a further trait is no new version of the wire.
 *
 *   TRAIT_LABEL   1 to TRAIT_LABEL_MAX bytes of UTF-8: the publisher's own id
 *   TRAIT_TOPICS  u8 index, u8 count, count x str16 channel
 *   TRAIT_RETRY   u32: the milliseconds after which browsers come back, of a
 *		   lost connection; Mercure's streams say so
 *   TRAIT_EXPIRES u64 ms since 1970: from then on it is given to nobody
 *   TRAIT_ORIGIN  which machine took it, from whom (hub/log/origin.h)
 *   TRAIT_ACTIVE  who is there, or has left (lib/event/active.h)
 *   TRAIT_ERASURE what was deleted (lib/event/erasure.h); it is told nobody
 *   TRAIT_PRIVATE empty: the event is for those only who may read one of its
 *		   channels
 *
 * A publish on n channels is n rows with consecutive ids of one transaction,
 * each with the same TRAIT_TOPICS but for the index, which says on which of
 * them the row is.  Row k is delivered to a subscriber exactly if he listens to
 * none of the channels 0 ... k-1.  The id that everybody is shown is that of
 * the publish's last row, so that who goes on from it needs none of them.
 *
 * Spans borrow.  Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum trait_kind {
	TRAIT_LABEL = 1,
	TRAIT_TOPICS = 2,
	TRAIT_RETRY = 3,
	TRAIT_EXPIRES = 4,
	TRAIT_ORIGIN = 5,
	TRAIT_ACTIVE = 6,
	TRAIT_GUARDED = 128,
	TRAIT_PRIVATE = 128,
	TRAIT_ERASURE = 129,
};

enum {
	TRAITS_MAX = 32768,
	TRAIT_LABEL_MAX = 200,
	TRAIT_TOPICS_MAX = 100,	      /* channels of a publish */
	TRAIT_TOPICS_BYTES = 8 << 10, /* of their names together */
	TRAIT_ROWS_BYTES = 1 << 20,   /* of all rows of an event on several
					 channels: names and data of each */
};

/* The channels of a publish, and which of them a row is on. */
struct trait_topics {
	uint8_t index, count;
	struct span names; /* count x str16 */
};

/* NULL, or a sentence for the publisher (static).  The channels of TRAIT_TOPICS
 * are names, two at least, no two the same. */
const char *traits_fault(struct span traits);

/* The value of that kind; `at` is NULL if there is none. */
struct span trait_find(struct span traits, uint8_t kind);
/* True if there is one that keeps the event from whoever does not know it, and
 * that is not known here. */
bool traits_are_guarded(struct span traits);
bool traits_are_private(struct span traits);
/* Until when, in ms, it is given to anybody; false if for ever. */
bool trait_expires(struct span traits, uint64_t *at);
/* By that time, in ms, is it to be given to nobody any more? */
bool traits_have_expired(struct span traits, uint64_t now);

/* Those that belong to what is said, for telling a repetition from a new event:
 * not until when it is good, nor what comes behind that. */
struct span traits_lasting(struct span traits);

/* Appends one; kinds must rise. */
void trait_add(struct buf *out, uint8_t kind, struct span value);
/* Likewise the topics of a publish, at index 0; `names`: count x str16. */
void trait_add_topics(struct buf *out, struct span names, uint8_t count);

void trait_add_expires(struct buf *out, uint64_t at);
void trait_add_retry(struct buf *out, uint32_t ms);
/* False if there is none. */
bool trait_retry(struct span traits, uint32_t *ms);

/* False if there are none.  The traits must be sound. */
bool trait_topics(struct span traits, struct trait_topics *topics);
/* Takes the next name off `names`. */
struct span trait_next_topic(struct span *names);
/* Writes the index into `traits`, which have topics. */
void trait_set_index(struct buf *traits, uint8_t index);

/* How far above its own id the one is that is shown for a row. */
unsigned traits_rise(struct span traits);

/* Whether one publish on `count` channels, whose names have `names` bytes, may
 * have `items` events with `data` bytes together. */
bool traits_have_room(size_t count, size_t names, size_t items, size_t data);

#endif
