/* SPDX-License-Identifier: MIT */
/*
 * db_query - what a database is asked, and its answers (db.h)
 */
#include <config.h>

#include <assert.h>
#include <sqlite3.h>

#include "lib/db/db.h"
#include "lib/db/db_files.h"
#include "lib/db/db_result.h"

enum db_result db_prepare(struct db *db, struct query *query, const char *sql)
{
	query->db = db;
	db_begin_work(db);
	return db_result_of(db->handle,
		sqlite3_prepare_v3(db->handle, sql, -1,
			SQLITE_PREPARE_PERSISTENT, &query->stmt, NULL));
}

void query_release(struct query *query)
{
	assert(query->failure == DB_DONE); /* else nobody has looked */
	sqlite3_finalize(query->stmt);
	query->stmt = NULL;
}

bool query_next(struct query *query)
{
	int code;

	assert(query->failure == DB_DONE);
	if (!sqlite3_stmt_busy(query->stmt))
		db_begin_work(query->db);
	code = sqlite3_step(query->stmt);
	if (code == SQLITE_ROW && !db_files_cut())
		return true;
	sqlite3_reset(query->stmt);
	if (code != SQLITE_DONE || db_files_cut())
		query->failure = db_result_of(query->db->handle, code);
	return false;
}

enum db_result query_end(struct query *query)
{
	enum db_result failure = query->failure;

	query->failure = DB_DONE;
	if (failure == DB_DONE) /* else it is reset, and db_error stays */
		sqlite3_reset(query->stmt);
	return failure;
}

enum db_result query_run(struct query *query)
{
	while (query_next(query))
		;
	return query_end(query);
}

void query_bind_int(struct query *query, int at, uint64_t value)
{
	int code = sqlite3_bind_int64(query->stmt, at, (sqlite3_int64)value);

	assert(code == SQLITE_OK);
	(void)code;
}

void query_bind_blob(struct query *query, int at, struct span bytes)
{
	const void *from = bytes.at == NULL ? "" : bytes.at;
	int code = sqlite3_bind_blob(
		query->stmt, at, from, (int)bytes.len, SQLITE_STATIC);

	assert(code == SQLITE_OK);
	(void)code;
}

void query_bind_blob_or_null(struct query *query, int at, struct span bytes)
{
	int code = SQLITE_OK;

	if (bytes.len > 0)
		query_bind_blob(query, at, bytes);
	else
		code = sqlite3_bind_null(query->stmt, at);
	assert(code == SQLITE_OK);
	(void)code;
}

void query_bind_text(struct query *query, int at, struct span text)
{
	const char *from = text.at == NULL ? "" : text.at;
	int code = sqlite3_bind_text(
		query->stmt, at, from, (int)text.len, SQLITE_STATIC);

	assert(code == SQLITE_OK);
	(void)code;
}

uint64_t query_int(const struct query *query, int column)
{
	return (uint64_t)sqlite3_column_int64(query->stmt, column);
}

struct span query_bytes(const struct query *query, int column)
{
	const void *at = sqlite3_column_type(query->stmt, column) == SQLITE_BLOB
				 ? sqlite3_column_blob(query->stmt, column)
				 : (const void *)sqlite3_column_text(
					   query->stmt, column);

	return span(at, (size_t)sqlite3_column_bytes(query->stmt, column));
}

int query_type(const struct query *query, int column)
{
	return sqlite3_column_type(query->stmt, column);
}

/* ---- one answer */

enum db_result db_ask(struct db *db, const char *sql, int64_t *value)
{
	struct query query = {0};
	enum db_result got = db_prepare(db, &query, sql);
	bool found = false;

	if (got == DB_DONE) {
		found = query_next(&query);
		if (found)
			*value = (int64_t)query_int(&query, 0);
		got = query_end(&query);
	}
	query_release(&query);
	return got == DB_DONE && !found ? DB_BROKEN : got;
}

enum db_result db_answers(
	struct db *db, const char *sql, const char *expected, bool *yes)
{
	struct query query = {0};
	enum db_result got = db_prepare(db, &query, sql);

	*yes = false;
	if (got == DB_DONE) {
		*yes = query_next(&query) &&
		       span_is(query_bytes(&query, 0), expected);
		got = query_end(&query);
	}
	query_release(&query);
	return got;
}
