/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_CALENDAR_H
#define TIDINGS_HUB_LOG_CALENDAR_H
/*
 * calendar - the date by which old things are deleted
 *
 * Wall time may be wrong for a moment: a dead battery, a machine that was put
 * back, a slip of an administrator's hand.  What was deleted meanwhile does not
 * come back.  So a date that jumped is doubted for an hour of monotonic time,
 * and the old reckoning goes on:
 *
 *   BELIEVED  the date is the clock's
 *   DOUBTED   it went ahead or back by more than a minute beyond monotonic
 *             time, or is an hour ahead of when the log was last written: the
 *             date is the one from before, plus the time that has passed, or
 *             the clock's if that is earlier
 *
 * The date of the last commits is kept in the log, so that a doubt outlives the
 * process.  Events get the clock's time all the same.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "lib/clock.h"

#define CALENDAR_DOUBT_US (3600 * UINT64_C(1000000))

struct calendar {
	struct store *store;
	const struct clock *clock;
	int64_t offset;	      /* us, of the reckoning to monotonic time */
	uint64_t reckoned_at; /* monotonic us, when it was last renewed */
	bool doubted;
	int64_t other;		 /* the offset that is doubted, ... */
	uint64_t doubted_since;	 /* ... monotonic us */
	uint64_t written, draft; /* ms, in the log */
	struct query write;
};

/* `newest`: the time of the newest event, in ms, 0 = there is none. */
void calendar_open(struct calendar *calendar, struct store *store,
	const struct clock *clock, uint64_t newest);
void calendar_close(struct calendar *calendar);

/* Looks at the clock: to be called now and then. */
void calendar_look(struct calendar *calendar);
/* ms; what is due by it may go. */
uint64_t calendar_date(const struct calendar *calendar);
/* So long before that date; 0 if it is not that old. */
uint64_t calendar_before(const struct calendar *calendar, uint64_t age_ms);

/* Before COMMIT, after it, after its failure. */
void calendar_write(struct calendar *calendar);
void calendar_settle(struct calendar *calendar);
void calendar_revert(struct calendar *calendar);

#endif
