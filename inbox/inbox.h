/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_INBOX_H
#define TIDINGS_INBOX_INBOX_H
/*
 * inbox - one file that others INSERT into, as a cursor
 *
 *   AWAY      not open: missing, locked, or not what it should be; tried again
 *             at each look
 *   ASKING    open; the hub is asked how far it is published
 *   OPEN      rows above the cursor are said to the hub, in order
 *   STOPPED   an older copy has been put in its place, or it is read already
 *             under another name; looked at again when the file is another, and
 *             now and then
 *
 * The hub moves the cursor in the transaction that stores the events, so each
 * row is published exactly once.  A row that cannot be published is passed
 * over; its reason is kept in the log until it could be written into the row's
 * column `error`.  Published rows are deleted later (tidy.c).  An inbox that is
 * locked waits; nobody waits for it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "inbox/fatigue.h"
#include "inbox/file.h"
#include "inbox/lock_owner.h"
#include "inbox/losses.h"
#include "inbox/rejects.h"
#include "inbox/uplink.h"
#include "lib/clock.h"
#include "lib/config/config.h"

enum {
	INBOX_ROWS_LOCKING = 128,   /* read at once where reading keeps
				       writers waiting */
	INBOX_STOPPED_US = 2000000, /* from one look to the next */
	INBOX_LINES = 20,	    /* log lines about its state, a minute */
	/* What rows are worth, of what they cost (fatigue.h): */
	INBOX_PAY_ROW = 100, /* us; and for each so many bytes, one: */
	INBOX_PAY_BYTES = 20,
	INBOX_STEP = 100, /* rows that are deleted at once, at first */
};

enum inbox_state { AWAY, ASKING, OPEN, STOPPED };

struct inbox {
	const struct config *config;
	const struct config_inbox *own;
	const struct clock *clock;
	struct uplink *uplink;
	/* Before the file is opened: NULL, or why it cannot be yet. */
	const char *(*enter)(void *arg);
	void *arg;

	enum inbox_state state;
	struct inbox_file file;
	struct lock_owner lock_owner;
	struct rejects rejects;
	struct losses losses;
	char said[256];	 /* the last trouble, which is not said twice */
	uint64_t minute; /* in which so many lines were said */
	unsigned lines;
	struct fatigue fatigue; /* it is not looked at while this lasts */
	uint64_t cursor;	/* as the hub knows it */
	uint64_t draft;		/* as far as rows were said to it */
	bool due;		/* look for rows in this turn */
	uint64_t read; /* the counter up to which all rows were read, not in
			  WAL mode; UINT64_MAX = not known */
	bool broken;   /* to be closed at the next look */
	bool fresh;    /* nothing could be read yet */
	bool entering; /* the hub was told where it begins */
	uint8_t known[INBOX_IDENTITY]; /* of the file that this is about: */
	uint64_t consumed;    /* rows up to here are gone, or kept for good */
	uint64_t consume_due; /* monotonic us; when they are to go, 0 = not set
			       */
	uint64_t step;	      /* rows that are deleted at once */
	bool littered;	      /* some of them cannot be deleted */
	uint64_t version;     /* of the file, when rows were last looked for
				 that came in below the cursor; as far as row
				 ... */
	int64_t looked;	      /* INT64_MAX = all */
	uint64_t rest_until;  /* monotonic us */
	uint64_t stock;	      /* as it was found last */
};

/* All is borrowed. */
void inbox_init(struct inbox *inbox, const struct config *config,
	const struct config_inbox *own, const struct clock *clock,
	struct uplink *uplink);
void inbox_release(struct inbox *inbox);

/* Opens it, or sees whether it still is what it was. */
void inbox_look(struct inbox *inbox);
/* (pull.c) Says rows to the hub; true if there may be more. */
bool inbox_pull(struct inbox *inbox);
/* (tidy.c) Writes some reasons, deletes some published rows, if it is time and
 * nobody else has a transaction open; once these are gone, finds rows that came
 * in below the cursor.  False if there is nothing left to do. */
bool inbox_tidy(struct inbox *inbox);

/* (stock.c) How many published rows may still be in it, going by their ids;
 * what cannot be found out now is as it was, and none while it is not OPEN. */
uint64_t inbox_stock(struct inbox *inbox);

/* ---- what the hub says */

void inbox_on_reason(void *inbox, uint64_t row, struct span reason);
void inbox_on_at(void *inbox, bool known, uint64_t cursor, struct span stop);
void inbox_on_refused(void *inbox, uint64_t row, struct span reason);
void inbox_on_taken(void *inbox, uint64_t cursor, bool whole);

/* ---- for its parts */

/* One log line about the inbox, unless it was the last one too, or there were
 * many in this minute. */
void inbox_say(struct inbox *inbox, const char *sentence);
/* Whether one more line may be said in this minute; it counts. */
bool inbox_may_say(struct inbox *inbox);
/* It is not read for now; the hub is told why, and the log. */
void inbox_say_unread(struct inbox *inbox, const char *why);
/* By somebody who would find us in his way at COMMIT: never in WAL mode. */
bool inbox_is_being_written(const struct inbox *inbox);

#endif
