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

struct eventlog {
	struct store *store;
	struct channels *channels;
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
	uint64_t reached; /* by the reading that is under way */
	struct query append, range, backwards, at_or_after, one, next_on;
};

void eventlog_open(
	struct eventlog *log, struct store *store, struct channels *channels);
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

/* ---- reading: one event after the other in the order of ids.  Each fills
 * `event` (borrowed until the next call).  What cannot be, such as an event
 * that the index has and the table has not, is a damaged log: that ends the
 * process.
 */
/* Starts at the first event above `after`. */
void eventlog_read(struct eventlog *log, uint64_t after, uint64_t upto);
/* False at the end. */
bool eventlog_next(struct eventlog *log, struct wire_event *event);
/* The event `id` of the channel, as eventlog_next_on found it. */
void eventlog_get(struct eventlog *log, const struct channel *channel,
	uint64_t id, struct wire_event *event);
/* Ends a reading; before it the write-ahead log cannot be emptied. */
void eventlog_rest(struct eventlog *log);
/* The channel's first id above `after`, 0 if none. */
uint64_t eventlog_next_on(
	struct eventlog *log, const struct channel *channel, uint64_t after);

#endif
