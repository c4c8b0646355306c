#ifndef TIDINGS_EVENTLOG_H
#define TIDINGS_EVENTLOG_H
/*
 * eventlog - the one ordered log: ids, times, events
 *
 * Ids are given out in memory, one after the other.  At each start the sequence
 * jumps to the clock in microseconds, if that is ahead (hole.h).
 *
 * Times never fall as ids rise, even if the clock is set back: so "since ten
 * minutes ago" is a position in the log.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/channel.h"
#include "hub/hole.h"
#include "hub/store.h"
#include "lib/span.h"
#include "lib/wire.h"

enum {
	EVENTLOG_SAID = 16, /* of these each is logged once, however many
			       subscribers come for it */
};

struct lock;

struct eventlog {
	struct store *store;
	struct channels *channels;
	const struct lock *lock;
	uint8_t identity[WIRE_IDENTITY];
	uint64_t newest;       /* highest id given out, also in this
				  transaction */
	uint64_t committed;    /* highest id that followers may know */
	uint64_t newest_event; /* committed, really an event's; 0 = none ever */
	uint64_t at;	       /* of the newest event */
	bool started;	       /* this start's hole has been recorded */
	struct holes holes;
	uint32_t rows; /* in this transaction */
	size_t bytes;
	uint64_t reached;   /* by the reading that is under way */
	uint64_t ends_from; /* channels that go on above it have their newest
			       event */
	uint64_t said[EVENTLOG_SAID]; /* damaged events, the last ones */
	size_t said_count;
	struct query append, range, backwards, at_or_after, one, next_on;
};

void eventlog_open(struct eventlog *log, struct store *store,
	struct channels *channels, const struct lock *lock);
void eventlog_close(struct eventlog *log);

/* Records this start: DB_DONE, or what is in the way; then try again later.
 * Nothing is appended before. */
enum db_result eventlog_start(struct eventlog *log);

/* In a transaction.  The id, or 0 if the transaction is in trouble. */
uint64_t eventlog_append(struct eventlog *log, struct channel *channel,
	struct span type, struct span data);
void eventlog_settle(struct eventlog *log);
void eventlog_revert(struct eventlog *log);

/* Lowest id of an event with a time >= `at`; newest + 1 if there is none. */
uint64_t eventlog_since(struct eventlog *log, uint64_t at);

/* Where the newest `bytes` of the log begin: every event above the returned id
 * counts; never below `floor`. */
uint64_t eventlog_tail(struct eventlog *log, uint64_t bytes, uint64_t floor);

/* ---- reading, in the order of ids: eventlog_read.c
 *
 * Each fills `event` (borrowed until the next call).  An event that is not what
 * was stored, or is gone, is logged, and whoever reads says that there is a
 * gap.  Order that cannot be is a damaged log, which ends the process.
 */
enum eventlog_found {
	EVENTLOG_END,
	EVENTLOG_EVENT,
	EVENTLOG_GAP, /* of what is not above event->id something is lost: it
			 has to be asked for by pages, which find out what */
};

/* Of all channels: starts at the first event above `after`. */
void eventlog_read(struct eventlog *log, uint64_t after, uint64_t upto);
/* `from`: where the one who reads began. */
enum eventlog_found eventlog_next(
	struct eventlog *log, uint64_t from, struct wire_event *event);

/* Of one channel: its first id above `after`, 0 if none.  If the newest must be
 * there and is not, its id is told all the same. */
uint64_t eventlog_next_on(
	struct eventlog *log, const struct channel *channel, uint64_t after);
/* The event with that id; false if it is lost.  Sets *gap, and never clears it,
 * if it is or if there was another between it and `after`. */
bool eventlog_get(struct eventlog *log, const struct channel *channel,
	uint64_t after, uint64_t id, struct wire_event *event, bool *gap);

/* Ends a reading; before it the write-ahead log cannot be emptied. */
void eventlog_rest(struct eventlog *log);

#endif
