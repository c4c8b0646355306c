/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DB_DB_RESULT_H
#define TIDINGS_LIB_DB_DB_RESULT_H
/*
 * db_result - what db.c and db_query.c share; nobody else's
 */
#include "lib/db/db.h"

/* What a code of SQLite's means, that a call for `handle` has just given. */
enum db_result db_result_of(struct sqlite3 *handle, int code);
/* A statement begins: what the one before has met and used is forgotten. */
void db_begin_work(struct db *db);

#endif
