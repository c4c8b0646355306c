/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_SHOWN_H
#define TIDINGS_HUB_LOG_SHOWN_H
/*
 * shown - what everybody sees of a public channel that has private events, too
 *
 * The same as a channel says of itself, without those events.  Where it is
 * missing, and that is nearly everywhere, they never were.  Rows of their own,
 * written with the channel's.  Which events are private is decided when they
 * come; when `private` in tidings.conf is another one than at the last start,
 * those that are held are looked through.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "hub/log/gone.h"

struct channel;
struct channels;

struct shown {
	uint64_t events, bytes; /* held */
	uint64_t newest;	/* id; 0 = none */
	uint64_t oldest;	/* id, 0 = not looked up ... */
	uint64_t passed;	/* ... and there is none up to this one */
	struct mark pruned;
};

/* The statements. */
struct shown_rows {
	struct query write, read, remove, first, last;
};

/* ---- in memory: shown.c */

/* With each event of the channel, before it is counted there; it is private, or
 * the channel has had one that was. */
void shown_count(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, bool is_private);
/* Likewise when it goes. */
void shown_uncount(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, uint64_t at, bool is_private);
/* One, or all up to `upto`, was deleted: nobody is to miss it. */
void shown_erase(
	struct shown *shown, uint64_t id, uint64_t weight, bool is_private);
void shown_erase_all(struct shown *shown, uint64_t upto);
/* Something was lost, and nobody knows whether it was private. */
void shown_mark_lost(struct channel *channel, uint64_t id, uint64_t at);
/* Out of memory; harmless if there is none. */
void shown_forget(struct channels *channels, struct channel *channel);

/* Id of the oldest public event held, 0 if none.  Behind very many that are
 * private it may be said to be lower than it is. */
uint64_t shown_oldest(struct channels *channels, struct channel *channel);

/* For who reads the rows: a public channel's, made if it is missing; as if all
 * its events were public; an event less; and is a row's event public, whose
 * traits are in that column? */
struct shown *shown_begin(struct channels *channels, struct channel *channel);
void shown_copy(struct shown *shown, const struct channel *channel);
void shown_take_off(struct shown *shown, uint64_t weight);
bool shown_has(
	const struct channels *channels, const struct query *row, int traits);

/* ---- as rows: shown_rows.c */

/* When the channels have been read; and before they go. */
void shown_open(struct channels *channels);
void shown_close(struct channels *channels);

/* The channel's rows were counted anew: so is this. */
void shown_recount(struct channels *channels, struct channel *channel);

/* With the channel's row, in the transaction; after its failure; when the row
 * goes.  Harmless where there is none. */
void shown_write(struct channels *channels, struct channel *channel);
void shown_revert(struct channels *channels, struct channel *channel);
void shown_remove(struct channels *channels, const struct channel *channel);

#endif
