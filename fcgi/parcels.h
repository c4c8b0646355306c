#ifndef TIDINGS_PARCELS_H
#define TIDINGS_PARCELS_H
/*
 * parcels - composes what a subscriber lacks, and keeps it for the next one
 *
 * The events after its cursor on its channels, merged by position, joined up
 * to RECORD_BODY bytes.  The last few parcels are kept: in a fan-out nearly
 * everybody is at the same place of the same channels as the one before.  They
 * are kept no longer than that (parcels_clear), since a channel may be
 * forgotten and its memory be another one's.
 */
#include <stdint.h>

struct parcel;
struct parcels;
struct subscriber;
struct window;

struct parcels *parcels_new(struct window *window);
void parcels_free(struct parcels *parcels);

/* The next events for `sub` after its position and cursor, up to the position
 * `horizon`; the caller holds a reference.  NULL if there is none. */
struct parcel *parcels_next(struct parcels *parcels,
	const struct subscriber *sub, uint64_t horizon);
/* Returns the memory of what was kept. */
void parcels_clear(struct parcels *parcels);

#endif
