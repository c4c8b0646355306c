/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_EVENTLOG_H
#define TIDINGS_HUB_LOG_EVENTLOG_H
/*
 * eventlog - the one ordered log: ids, times, events
 *
 * Ids are given out in memory, one after the other.  At each start the sequence
 * jumps to the clock in microseconds, if that is ahead (epoch.h).
 *
 * Times never fall as ids rise, even if the clock is set back: so "since ten
 * minutes ago" is a position in the log.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/channel.h"
#include "hub/log/disk/store.h"
#include "hub/log/epoch.h"
#include "hub/log/label.h"
#include "hub/log/match.h"
#include "lib/span.h"
#include "lib/wire.h"

enum {
	EVENTLOG_OWNERS = 20000,    /* channels looked at before the start is
				       over, some us each */
	EVENTLOG_OWNERS_STEP = 100, /* of the others, in each turn */
};

struct lock;

/* A channel whose newest event has not been looked for since the start. */
struct eventlog_end {
	uint64_t newest, number;
};

struct eventlog {
	struct store *store;
	struct channels *channels;
	const struct lock *lock;
	const struct clock *clock;
	uint8_t identity[WIRE_IDENTITY];
	uint8_t secret[WIRE_SECRET]; /* for responders only */
	uint64_t newest;	     /* highest id given out, also in this
					transaction */
	uint64_t committed;	     /* highest id that followers may know */
	uint64_t newest_event; /* committed, really an event's; 0 = none ever */
	uint64_t at;	       /* of the newest event */
	bool started;	       /* this start's epoch has been recorded */
	bool placed;	       /* ids and times are given (eventlog_place) */
	struct epochs epochs;
	struct labels labels;
	struct matches matches; /* of patterns that were asked for */
	uint32_t rows;		/* in this transaction */
	size_t bytes;
	uint64_t reached; /* by the reading that is under way */
	bool on_row;	  /* a walk has found a row, and not told it */
	bool walked;	  /* it has come to the end of the rows */
	uint64_t losses;  /* events found to be lost since the start */
	uint64_t owners;  /* channels up to this number were looked for */
	bool owners_done; /* all of them that have events */
	struct eventlog_end *ends; /* rising by `newest` */
	size_t end_count;
	bool owned; /* all channels were looked at */
	struct query append, range, backwards, at_or_after, one, walk, owner;
};

void eventlog_open(struct eventlog *log, struct store *store,
	struct channels *channels, const struct lock *lock,
	const struct clock *clock);
void eventlog_close(struct eventlog *log);

/* Records this start: DB_DONE, or what is in the way; then try again later.
 * Nothing is appended before. */
enum db_result eventlog_start(struct eventlog *log);

/* In a transaction.  The id, or 0 if the transaction is in trouble. */
uint64_t eventlog_append(struct eventlog *log, struct channel *channel,
	struct span type, struct span traits, struct span data);
/* In a transaction.  The next event has the id above `last`, and that time, in
 * ms, or that of the event before it if that is later; so has what follows it,
 * one after the other.  Other machines may have given out the ids between. */
void eventlog_place(struct eventlog *log, uint64_t last, uint64_t at);
/* After events above all others were taken out: which is the newest now. */
void eventlog_find_newest(struct eventlog *log);
void eventlog_settle(struct eventlog *log);
void eventlog_revert(struct eventlog *log);

/* Is the cursor one of this history?  Not if it is above all ids, nor if it
 * lies between two epochs. */
bool eventlog_knows(const struct eventlog *log, uint64_t cursor);

/* Every event above it has a time >= `at`, or comes after one that has; it is
 * the id after that of the last event which is older, 1 if there is none. */
uint64_t eventlog_since(struct eventlog *log, uint64_t at);

/* Where the newest `bytes` of the log begin: every event above the returned id
 * counts; never below `floor`. */
uint64_t eventlog_tail(struct eventlog *log, uint64_t bytes, uint64_t floor);

/* The columns of a row, as reader.c reads them. */
#define EVENTLOG_ROW "id, at, channel, type, data, sum, back, traits"

/* ---- reading, in the order of ids: reader.c
 *
 * Each fills `event` (borrowed until the next call).  An event that is lost is
 * found out here, and marked.  Order that cannot be is a damaged log, which
 * ends the process.
 */
enum eventlog_found {
	EVENTLOG_END,
	EVENTLOG_EVENT,
	EVENTLOG_LOSS, /* one above where the reader began, and not above this
			  one, is lost: the reader has to begin again */
};

/* Of all channels: starts at the first event above `after`. */
void eventlog_read(struct eventlog *log, uint64_t after, uint64_t upto);
/* `from`: where the reader began, perhaps with an earlier reading. */
enum eventlog_found eventlog_next(
	struct eventlog *log, uint64_t from, struct wire_event *event);
/* The first event with an id of at least *id, its id and time; one that is not
 * whole is passed over, but not for long.  False if there is none. */
bool eventlog_time(struct eventlog *log, uint64_t *id, uint64_t *at);

/* The time of the newest event, likewise; 0 if there is none. */
uint64_t eventlog_last_time(struct eventlog *log);

/* Of one channel: starts at its first event above `after`. */
void eventlog_walk(
	struct eventlog *log, const struct channel *channel, uint64_t after);
/* The next one that is not above `upto`.  One that must be there is looked for
 * even if the index knows nothing of it. */
enum eventlog_found eventlog_step(struct eventlog *log, struct channel *channel,
	uint64_t upto, struct wire_event *event);

/* A row as it was read: how its event hangs together with others. */
struct eventlog_row {
	struct channel *channel; /* NULL = there is none of that number */
	uint64_t previous;	 /* of its channel; 0 = none, or not known */
	bool summed;		 /* it has a checksum: not so very old ones */
	bool sound;
};

/* The row of that id, whatever it is like; false if there is none.  What the
 * event borrows is there until eventlog_rest(). */
bool eventlog_look(struct eventlog *log, uint64_t id, struct wire_event *event,
	struct eventlog_row *row);

/* Ends a reading; before it the write-ahead log cannot be emptied. */
void eventlog_rest(struct eventlog *log);

/* ---- what the log should have and has not: audit.c
 *
 * An event that was changed or is gone is said once and marked as lost: it
 * counts as pruned, so that whoever asks from below it is told of a gap, as
 * ever.  That is so at once; hub.c has it written, channels_recount() takes it
 * off the books.  One below a mark that was told already is passed over without
 * a word.
 */
void eventlog_mark_lost(struct eventlog *log, struct channel *channel,
	uint64_t id, bool missing);
/* There is a row with that id, of that channel. */
bool eventlog_has(
	struct eventlog *log, const struct channel *channel, uint64_t id);
/* Nothing comes after a channel's newest event that would miss it: to be called
 * before the next one is appended, and for all channels that go on above
 * `after` before a reader begins there. */
void eventlog_note_ends(struct eventlog *log);
void eventlog_check_newest(struct eventlog *log, struct channel *channel);
void eventlog_check_ends(struct eventlog *log, uint64_t after);
/* Looks at so many more channels: at their ends, and whether they are there;
 * `owned` once it has seen all. */
void eventlog_check_owners(struct eventlog *log, unsigned channels);

#endif
