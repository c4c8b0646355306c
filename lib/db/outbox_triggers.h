/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DB_OUTBOX_TRIGGERS_H
#define TIDINGS_LIB_DB_OUTBOX_TRIGGERS_H
/*
 * outbox_triggers - are the triggers that publish a table's changes still
 * there?
 *
 * SQLite drops a table's triggers with the table, without a word: a migration
 * that makes it anew ends its events.  So `tidings inbox init --on` records in
 * the table `tidings_trigger`, a row for each trigger, what it made and for
 * which columns, and who reads the database can tell what is gone.
 *
 * What is read there is not trusted: only an ordinary table counts, no more
 * than OUTBOX_RECORDS rows of it, and what cannot stand in a line for people is
 * not repeated.  A hostile file can hide losses of its own, and that is all.
 */
#include "lib/db/db.h"
#include "lib/db/outbox_fault.h"

enum { OUTBOX_RECORDS = 999 }; /* triggers that are looked at */

/* Looks for what is missing, and changes nothing.  `faults` is filled only with
 * DB_DONE; a failure is not an answer: nothing is known then. */
enum db_result outbox_triggers_look(
	struct db *db, struct outbox_faults *faults) DB_LOOK;

/* ---- for `inbox init`, in a transaction of its own */

/* Which triggers are ours: an SQL condition on rows of sqlite_schema for the
 * table that is bound as ?1, or was when they were made. */
extern const char outbox_triggers_of[];
/* Forgets what is recorded of `table` and of the triggers that it has; to be
 * said while they are there.  What is recorded of no table is no table. */
enum db_result outbox_triggers_forget(struct db *db, const char *table) DB_LOOK;
/* Records the triggers that `table`, named as its schema names it, has now. */
enum db_result outbox_triggers_record(
	struct db *db, const char *table, const char *channel) DB_LOOK;

#endif
