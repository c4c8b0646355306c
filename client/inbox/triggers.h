/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_INBOX_TRIGGERS_H
#define TIDINGS_CLIENT_INBOX_TRIGGERS_H
/*
 * triggers - triggers that publish what happens to a table
 *
 * After each insert, update or delete of a row an event of that type is
 * inserted into `broadcast`, within the application's own transaction.  Its
 * data is {"table":...,"change":"update","old":{...},"new":{...}}; an insert
 * has no old, a delete no new; values are as row_json.h says.  A row whose
 * event would be longer than TRIGGERS_MAX is told by its primary key only
 * ("key" instead, "too_long":true), since no row may keep the application's own
 * statement from succeeding; and so is one with a text that is no UTF-8
 * ("not_utf8":true), which could not be published.
 *
 * The triggers know the columns that the table has when they are made; making
 * them again replaces them.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/db/db.h"

enum { TRIGGERS_MAX = 60000 }; /* bytes; events have 64 KiB unless configured */

/* The name of `table` as its schema writes it, terminated.  *fault: NULL, or a
 * sentence (static) why it cannot have triggers. */
enum db_result triggers_table(struct db *db, const char *table,
	struct buf *name, const char **fault) DB_LOOK;
/* Appends the statements that make the triggers. */
enum db_result triggers_sql(struct db *db, const char *name,
	const char *channel, struct buf *out) DB_LOOK;
/* Appends the statements that drop the triggers. */
enum db_result triggers_off_sql(
	struct db *db, const char *table, struct buf *out) DB_LOOK;

#endif
