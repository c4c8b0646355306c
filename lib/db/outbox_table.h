/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DB_OUTBOX_TABLE_H
#define TIDINGS_LIB_DB_OUTBOX_TABLE_H
/*
 * outbox_table - the table in which a row is an event
 *
 * Made by the hub in inboxes of its own, and by `tidings inbox init` in the
 * databases of applications.  Its checks keep a mistake from being stored;
 * they are no defence: whoever writes the file can switch them off.
 */
#include <stdbool.h>

#include "lib/db/db.h"

/* Looks whether there is a table of that name.  *fault: NULL, or a sentence
 * (static) why the one there will not do. */
enum db_result outbox_table_look(
	struct db *db, bool *found, const char **fault) DB_LOOK;

/* Makes the table and its triggers, all or nothing.  Inside a transaction of
 * the caller's it is the caller's to commit. */
enum db_result outbox_table_make(struct db *db) DB_LOOK;

#endif
