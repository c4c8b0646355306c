/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_INBOX_INBOX_H
#define TIDINGS_HUB_INBOX_INBOX_H
/*
 * inbox - one file that others INSERT into, as a cursor
 *
 *   AWAY      not open: missing, locked, or not what it should be; tried again
 *             at each poll
 *   OPEN      rows above the cursor are published, in order
 *   STOPPED   an older copy has been put in its place, or it is open already
 *             under another name; looked at again when the file is another
 *
 * The cursor moves in the transaction that stores the events, so each row is
 * published exactly once.  A row that cannot be published is passed over; its
 * reason is kept in the log until it could be written into the row's column
 * `error`.  Published rows are deleted later, in small steps.  An inbox that is
 * locked waits; nobody waits for it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/inbox/file.h"
#include "hub/inbox/lock_owner.h"
#include "hub/log/ledger.h"
#include "lib/buf.h"
#include "lib/config/config.h"

enum {
	INBOX_ROWS = 1024,	   /* read at once */
	INBOX_ROWS_LOCKING = 128,  /* where reading keeps writers waiting */
	INBOX_REJECTS_MAX = 10000, /* reasons waiting to be written; with more,
				     the inbox is not read on */
	INBOX_LINES = 20,	   /* log lines about rows, a second */
	INBOX_STEP = 1000,	   /* rows deleted at once; as in file.c */
	INBOX_PAUSE = 50,	   /* then rest this many times as long */
	INBOX_WAL_PAGES = 256, /* in its write-ahead log; above it, these are
				  moved into the file once all is tidy, so that
				  writers need not do it */
};

enum inbox_state { AWAY, OPEN, STOPPED };

/* Why a row was not published. */
struct reject {
	uint64_t row;
	char *reason;
	bool stored;  /* in the log */
	bool written; /* in the row; to be removed from the log */
};

struct inbox {
	struct ledger *ledger;
	const struct config_inbox *config;
	enum inbox_state state;
	struct inbox_file file;
	struct lock_owner lock_owner;
	char said[256];	    /* the last trouble, which is not said twice */
	uint64_t cursor;    /* committed */
	uint64_t draft;	    /* the cursor, in this transaction */
	bool due;	    /* look for rows in this turn */
	bool broken;	    /* OPEN, but to be closed at the next look */
	bool fresh;	    /* OPEN, but nothing could be read yet */
	struct buf rejects; /* struct reject */
	uint8_t known[INBOX_IDENTITY]; /* of the file that this is about: */
	uint64_t consumed;   /* rows up to here are gone, or kept for good */
	bool untidy;	     /* there may be rows to delete */
	bool littered;	     /* some of them cannot be */
	uint64_t version;    /* of the file, when rows were last looked for that
				came in below the cursor; as far as row ... */
	int64_t looked;	     /* INT64_MAX = all */
	uint64_t rest_until; /* monotonic us */
	uint64_t lines_second;
	uint32_t lines;
};

void inbox_init(struct inbox *inbox, struct ledger *ledger,
	const struct config_inbox *config);
void inbox_release(struct inbox *inbox);

/* Opens it, or sees whether it still is what it was. */
void inbox_look(struct inbox *inbox, const struct inbox *all, size_t count);
/* Puts rows into the transaction; true if there may be more. */
bool inbox_pull(struct inbox *inbox);
/* Before COMMIT, after it, after its failure. */
void inbox_write(struct inbox *inbox);
void inbox_settle(struct inbox *inbox);
void inbox_revert(struct inbox *inbox);
/* (tidy.c) Deletes some published rows, writes some reasons, if it is
 * time and nobody else is writing; once these are gone, finds rows that came in
 * below the cursor.  False if there is nothing left to do. */
bool inbox_tidy(struct inbox *inbox);

/* One log line about the inbox, unless it was the last one too. */
void inbox_say(struct inbox *inbox, const char *sentence);

#endif
