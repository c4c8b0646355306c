/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_CHANNEL_H
#define TIDINGS_HUB_LOG_CHANNEL_H
/*
 * channel - every channel of the log, in memory and as rows
 *
 * The table is read whole at the start and written through: a channel that
 * changes is put on the list `dirty`, and its row is written once, in the
 * transaction that changed it.  If that transaction fails, the rows are read
 * again.
 *
 * An empty channel may be dropped when there are very many; up to where it was
 * pruned is then remembered by its name alone (gone.h).  What is below the
 * floor counts as pruned for every name that has neither row nor mark.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "hub/log/gone.h"
#include "hub/log/limits.h"
#include "hub/log/roll.h"
#include "hub/log/shown.h"
#include "hub/log/sight.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

enum {
	CHANNEL_ROWS_MAX = 100000, /* above it, empty channels are dropped, the
				      longest empty first (channel_gc.c), ... */
	CHANNEL_DROPS = 8,	   /* so many more in a transaction than twice
				      what came in it, ... */
	CHANNEL_DROPS_IDLE = 128,  /* or in one of a tick's */
	CHANNEL_CHANGES = 16384,   /* that are remembered */
};

struct channel {
	struct table_node by_name, by_number;
	struct channel *next_dirty;
	struct node idle; /* among the empty ones, unless it is dirty */
	/* Where who lists channels points to this one; NULL = it is not listed
	 * as one that holds events. */
	struct channel **listed;
	uint64_t number;
	uint64_t events, bytes; /* held */
	uint64_t newest;	/* id; 0 = none ever */
	uint64_t oldest;	/* id, 0 = not looked up */
	uint64_t pruned_through, pruned_at;
	uint64_t erased; /* id: what it had up to there was deleted, and is no
			    gap; rows of it may be left (erase.h) */
	uint64_t keyed_at;
	bool newest_checked; /* its newest event was looked for: it is there, or
			 counts as pruned */
	bool is_private;     /* for those only who may read it */
	struct shown *shown; /* what everybody sees of a public one; NULL =
				all that there is */
	const struct keep *keep; /* its own limits; NULL = in the pool */
	struct heap_node look;	 /* limits.h's, if it has own ones */
	bool dirty;
	bool internal; /* the hub's own: nobody is given it, or told of it */
	bool erasing;  /* it has rows that were deleted */
	bool returned[GONE_PARTS]; /* its name had these marks (enum gone_part),
			     which go with its next row */
	bool miscounted; /* an event that it counts is no row any more */
	uint16_t name_len;
	char name[];
};

/* Over all channels. */
struct channel_sums {
	uint64_t pruned_through, newest; /* the highest */
	uint64_t pool_events, pool_bytes;
};

struct channels {
	struct store *store;
	const struct clock *clock;
	struct limits limits;
	struct sights sights;
	size_t shown_count; /* channels that have one */
	struct table names, numbers;
	struct roll roll;
	struct gone gone;
	struct channel *dirty;
	/* Empty ones, the longest empty first: without a key, and with one. */
	struct node idle, keyed;
	struct node going;     /* dropped in this transaction */
	size_t most;	       /* CHANNEL_ROWS_MAX, unless a test says less */
	size_t made, drops;    /* in this transaction; it may drop so many */
	uint64_t keyed_before; /* ms; who has no key since may go */
	uint64_t last_number;
	uint64_t floor, floor_at;
	bool floor_raised;	 /* not yet written */
	struct mark floor_draft; /* of this transaction */
	size_t miscounted;  /* channels; nothing is pruned until they are right
			     */
	struct buf recount; /* their numbers, and perhaps others' */
	/* Changes of what was pruned of a channel, and of which (their numbers)
	 * the last CHANGES were. */
	uint64_t marks, *changed;
	struct channel_sums sums, settled; /* now, and after the last COMMIT */
	bool distrusted;   /* a row was counted anew: the sums are to be, too */
	uint64_t unsummed; /* rows up to this id may have no checksum */
	struct query write, reread, first_event, remove;
	struct shown_rows shown_rows;
};

/* ---- as rows: channel_table.c */
void channels_open(struct channels *channels, struct store *store,
	const struct config *config, const struct clock *clock);
void channels_close(struct channels *channels);
/* Before COMMIT, after it, after its failure. */
void channels_write(struct channels *channels);
void channels_settle(struct channels *channels);
void channels_revert(struct channels *channels);

/* Counts the rows of one that is miscounted, if one is, in a transaction. Slow,
 * if it has very many; and rare. */
void channels_recount(struct channels *channels);

/* In a transaction. */
bool channels_write_floor(
	struct channels *channels, uint64_t floor, uint64_t floor_at);

/* ---- those that are empty go when there are very many: channel_gc.c */

/* Now and then: there may be channels above CHANNEL_ROWS_MAX that are empty and
 * have no key younger than `keyed_before` (ms).  Begins a transaction if there
 * are. */
void channels_collect(struct channels *channels, uint64_t keyed_before);
/* It is clean: is it empty? */
void channel_rest(struct channels *channels, struct channel *channel);
/* Before COMMIT, after it, after its failure. */
void channels_drop(struct channels *channels);
void channels_dropped(struct channels *channels);
void channels_undrop(struct channels *channels);

/* ---- in memory: channel.c */
void channels_init(struct channels *channels, const struct config *config);
void channels_release(struct channels *channels);

static inline struct span channel_name(const struct channel *channel)
{
	return span(channel->name, channel->name_len);
}

/* NULL if there is none. */
struct channel *channel_find(const struct channels *channels, struct span name);
struct channel *channel_numbered(
	const struct channels *channels, uint64_t number);
/* Of which it was changed what was pruned, by the number of the change, from 0:
 * one of the last CHANNEL_CHANGES.  NULL if it is gone. */
struct channel *channel_changed(
	const struct channels *channels, uint64_t change);
/* Found or made; the row comes with the next write.  In a transaction. */
struct channel *channel_get(struct channels *channels, struct span name);
/* Up to where a name without a row counts as pruned, for everybody; or, `all`,
 * for who sees all of it. */
struct mark channels_mark(
	struct channels *channels, struct span name, bool all);
/* Nobody knows what was lost: for every name without a row, all that there
 * was. */
struct mark channels_distrust(struct channels *channels);

/* Nobody misses an event of it up to there: it was pruned, and that is told by
 * the mark; or it was deleted. */
static inline uint64_t channel_past(const struct channel *channel)
{
	return channel->erased > channel->pruned_through
		       ? channel->erased
		       : channel->pruned_through;
}

/* Is anything private that everybody sees the public part of, or nothing of, or
 * was anything that is gone? */
static inline bool channels_hide(const struct channels *channels)
{
	return channels->sights.hidden != NULL || channels->shown_count > 0 ||
	       channels->gone.newest[GONE_REST] > 0;
}

/* Is this event, on a public channel, private? */
static inline bool channel_hides(const struct channels *channels,
	const struct channel *channel, struct span traits)
{
	return traits.len > 0 && !channel->is_private &&
	       sights_hide(&channels->sights, traits);
}

/* All of them, in no order; NULL at the end. */
struct channel *channels_first(const struct channels *channels);
struct channel *channels_next(
	const struct channels *channels, const struct channel *channel);

/* For who reads the rows: one that is there; its part in what is the highest of
 * all. */
struct channel *channel_add(
	struct channels *channels, struct span name, uint64_t number);
void channels_note(struct channels *channels, const struct channel *channel);
void channels_note_change(
	struct channels *channels, const struct channel *channel);

/* What an event counts for in the limits. */
static inline uint64_t channel_weight(size_t type, size_t data, size_t traits)
{
	return type + data + traits + 64;
}

/* The same in SQL, where the length of a text is that in characters. */
#define CHANNEL_WEIGHT                              \
	"length(CAST(type AS BLOB)) + length(data)" \
	" + coalesce(length(traits), 0) + 64"

/* An event comes, or goes; is it private (channel_hides)? */
void channel_count(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, bool is_private);
void channel_uncount(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, uint64_t at, bool is_private);
/* Likewise one that nobody is to miss; or all of them, up to `upto`, of which
 * rows may be left. */
void channel_erase(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, bool is_private);
void channel_erase_all(
	struct channels *channels, struct channel *channel, uint64_t upto);
void channel_touch(struct channels *channels, struct channel *channel);

/* An event that is lost counts as pruned, for whoever asks from below it; for
 * all channels without a row if `channel` is NULL.  `missing`: it is no row any
 * more, and perhaps others with it. */
void channel_mark_lost(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t at, bool missing);

/* Out of memory, when its row is gone. */
void channel_forget(struct channels *channels, struct channel *channel);

/* Id of the oldest event held, 0 if none. */
uint64_t channel_oldest(struct channels *channels, struct channel *channel);

#endif
