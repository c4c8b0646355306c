/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_RETENTION_H
#define TIDINGS_HUB_LOG_RETENTION_H
/*
 * retention - old events go
 *
 * All channels without limits of their own form one pool, whose oldest events
 * go first, whichever channel they are on; the others are kept each by itself.
 * How old one is says the calendar, which does not follow every clock.
 * Rows go in small steps, so that no publisher waits for long: along with the
 * commits while there are any, from a timer otherwise.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/calendar.h"
#include "hub/log/eventlog.h"
#include "hub/log/key.h"
#include "lib/config/config.h"

enum {
	RETENTION_STEP =
		1000, /* rows deleted in one transaction at most, ... */
	RETENTION_STEP_BYTES = 8 << 20, /* ... and about so much: twice what one
					   stores */
	RETENTION_LOOKS = 200, /* channels with limits of their own that it
				  looks at, at most */
	RETENTION_SLACK = 256, /* events above a limit before a commit takes
				  some along; the timer takes them all */
};

struct retention {
	const struct config *config;
	struct eventlog *log;
	struct keys *keys;
	const struct calendar *calendar;
	uint64_t pool_low; /* no event of the pool is at or below it */
	bool behind;	   /* the last step did not do it all */
	uint32_t left;	   /* rows that this transaction may still delete */
	uint64_t bytes;	   /* that it has deleted */
	/* Of who is there, dropped because there were too many: committed, and
	 * in this transaction. */
	uint64_t crowded, crowding;
	struct query pool, channel, remove;
};

void retention_open(struct retention *retention, const struct config *config,
	struct eventlog *log, struct keys *keys,
	const struct calendar *calendar);
void retention_close(struct retention *retention);

/* In a transaction that is about to be committed. */
void retention_keep_up(struct retention *retention);
/* Deletes what is due, at most a step, in a transaction left open. */
void retention_step(struct retention *retention);
/* In a transaction: deletes all above `after`, the newest ones there are; for
 * their channels all up to `mark` counts as pruned. */
void retention_take_back(
	struct retention *retention, uint64_t after, uint64_t mark);
/* The transaction was committed, or was not. */
void retention_settle(struct retention *retention);
void retention_revert(struct retention *retention);

#endif
