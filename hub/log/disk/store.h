/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_DISK_STORE_H
#define TIDINGS_HUB_LOG_DISK_STORE_H
/*
 * store - log.db and the one transaction that may be under way in it
 *
 *   QUIET      no transaction
 *   WRITING    store_begin was called; rooms add their rows
 *   IN TROUBLE a statement found no room or the file locked; later statements
 *              are skipped, store_commit rolls back and says so
 *
 * What can be neither done nor put off (a failed fsync, a broken file, a file
 * that was taken away) ends the process with one log line: its supervisor
 * starts another, which finds the last state that was really committed.
 */
#include <stdbool.h>

#include "hub/log/disk/files.h"
#include "lib/db/db.h"

struct store {
	struct db db;
	const char *path; /* borrowed */
	bool writing;
	enum db_result trouble; /* DB_DONE while there is none */
	bool tainted; /* the write-ahead log may hold what was to be so */
	struct query begin, commit, rollback;
	struct files files;
};

/* Opens or creates; any fault is a failed start. */
void store_open(struct store *store, const char *path);
void store_close(struct store *store);

/* Idempotent within a transaction.  False when IN TROUBLE. */
bool store_begin(struct store *store);
/* DB_DONE if everything is on the disk; otherwise nothing has been changed and
 * the trouble is told: DB_FULL or DB_BUSY. */
enum db_result store_commit(struct store *store) DB_LOOK;

/* In the transaction: what is deleted in it leaves nothing in the write-ahead
 * log either, once that is wiped.  In the file all that goes is overwritten. */
void store_secure(struct store *store);
/* What a statement answered: true if it went well. */
bool store_ok(struct store *store, enum db_result got);
/* Runs it, if the transaction is not already in trouble. */
bool store_run(struct store *store, struct query *query);
/* The next row, or false at the end.  A log that cannot be read is no log: that
 * ends the process too. */
bool store_step(struct store *store, struct query *query) DB_LOOK;
/* Leaves the rows that were not stepped to. */
void store_end(struct query *query);
void store_prepare(struct store *store, struct query *query, const char *sql);

/* Moves the write-ahead log into the database.  If there is no room for that
 * yet, or somebody reads the file, it is tried again after a later commit. */
void store_checkpoint(struct store *store);

/* Likewise, if something was deleted so; and empties the write-ahead log. */
void store_wipe(struct store *store);

/* Ends the process if log.db or its -wal is no longer what was opened, or has
 * lost its end.  If both are whole, what was committed is first brought into
 * the database, wherever it is now. */
void store_check_files(struct store *store);

#endif
