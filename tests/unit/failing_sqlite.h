/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_FAILING_SQLITE_H
#define TIDINGS_TESTS_UNIT_FAILING_SQLITE_H
/*
 * failing_sqlite - statements on a file named inbox.db, some of which fail
 *
 * The linker puts it between lib/db and SQLite (failing_sqlite_WRAP), in one
 * test program each time.  Only while `armed`.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

static struct {
	bool armed;
	unsigned from, upto; /* of the statements on the inbox */
	int code;
	unsigned count;
} failing;

/* The names that the linker knows. */
int real_step(sqlite3_stmt *stmt) __asm__("__real_sqlite3_step");
int step(sqlite3_stmt *stmt) __asm__("__wrap_sqlite3_step");
int real_prepare(sqlite3 *db, const char *sql, int bytes, unsigned flags,
	sqlite3_stmt **stmt,
	const char **tail) __asm__("__real_sqlite3_prepare_v3");
int prepare(sqlite3 *db, const char *sql, int bytes, unsigned flags,
	sqlite3_stmt **stmt,
	const char **tail) __asm__("__wrap_sqlite3_prepare_v3");
int real_exec(sqlite3 *db, const char *sql,
	int (*row)(void *, int, char **, char **), void *arg,
	char **error) __asm__("__real_sqlite3_exec");
int exec(sqlite3 *db, const char *sql,
	int (*row)(void *, int, char **, char **), void *arg,
	char **error) __asm__("__wrap_sqlite3_exec");
static bool fails(sqlite3 *db)
{
	const char *path = sqlite3_db_filename(db, "main");

	if (!failing.armed || strstr(path, "/inbox.db") == NULL)
		return false;
	failing.count++;
	return failing.count >= failing.from && failing.count <= failing.upto;
}

int step(sqlite3_stmt *stmt)
{
	return fails(sqlite3_db_handle(stmt)) ? failing.code : real_step(stmt);
}

int prepare(sqlite3 *db, const char *sql, int bytes, unsigned flags,
	sqlite3_stmt **stmt, const char **tail)
{
	if (!fails(db))
		return real_prepare(db, sql, bytes, flags, stmt, tail);
	*stmt = NULL;
	return failing.code;
}

/* ROLLBACK alone never waits for a lock. */
int exec(sqlite3 *db, const char *sql,
	int (*row)(void *, int, char **, char **), void *arg, char **error)
{
	return strcmp(sql, "ROLLBACK") != 0 && fails(db)
		       ? failing.code
		       : real_exec(db, sql, row, arg, error);
}

/* From the k-th statement on, so many of them. */
static inline void failing_set(unsigned k, unsigned times, int code)
{
	failing.count = 0;
	failing.from = k;
	failing.upto = k + times - 1;
	failing.code = code;
}

#endif
