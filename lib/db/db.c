/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/db/db.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/db/db_files.h"
#include "lib/db/db_join.h"
#include "lib/db/db_result.h"

static enum db_result io_result(struct sqlite3 *handle, int code)
{
	int cause = sqlite3_system_errno(handle);

	if (code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_WRITE)
		return cause == ENOSPC || cause == EDQUOT ||
				       code == SQLITE_IOERR_SHMSIZE
			       ? DB_FULL
			       : DB_BROKEN;
	return DB_BROKEN;
}

enum db_result db_result_of(struct sqlite3 *handle, int code)
{
	if (db_files_cut())
		return DB_BROKEN;
	switch (code & 0xff) {
	case SQLITE_ROW:
	case SQLITE_OK:
	case SQLITE_DONE:
		return DB_DONE;
	case SQLITE_FULL:
		return DB_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL: /* locks of a write-ahead log, too often in vain
			       */
		return DB_BUSY;
	case SQLITE_TOOBIG:
		return DB_TOOBIG;
	case SQLITE_CONSTRAINT:
		return DB_REFUSED;
	case SQLITE_IOERR:
		return io_result(handle, code);
	default:
		return DB_BROKEN;
	}
}

bool db_passes(enum db_result result)
{
	return result == DB_BUSY || result == DB_FULL;
}

static int count_wal(
	void *arg, struct sqlite3 *handle, const char *name, int pages)
{
	struct db *db = arg;

	(void)handle;
	(void)name;
	db->wal_pages = (uint64_t)pages;
	return SQLITE_OK;
}

/* ---- time */

enum { STEPS = 1000 }; /* of SQLite's, from one look to the next */

void db_begin_work(struct db *db)
{
	db_files_forget();
	if (db->most_ms > 0)
		db->due = clock_work_us() + db->most_ms * 1000ull;
}

static int look_at_work(void *arg)
{
	const struct db *db = arg;

	if (db->working != NULL)
		db->working();
	return clock_work_us() > db->due;
}

void db_limit_time(struct db *db, unsigned ms, void (*working)(void))
{
	db->most_ms = ms;
	db->working = working;
	db_begin_work(db);
	sqlite3_progress_handler(
		db->handle, STEPS, ms > 0 ? look_at_work : NULL, db);
}

/* ---- opening and closing */

/* A file that others may write can hold triggers and views that would run with
 * our rights.  Not TRUSTED_SCHEMA off as well: SQLite 3.40 then refuses every
 * database that has a CHECK, a column or an index with a JSON function in it,
 * in whatever table.  What is left of schemas calls functions that compute;
 * those that do more, SQLite never lets a schema call. */
static void distrust(struct sqlite3 *handle)
{
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(handle, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
	/* None of these reads the file. */
	sqlite3_exec(handle,
		"PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = 1;"
		" PRAGMA mmap_size = 0",
		NULL, NULL, NULL);
}

/* One thread uses SQLite here: it needs no locks of its own, also not to count
 * its memory.  Heeded only before its first use in a process. */
static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void db_confine(const char *path)
{
	configure();
	db_files_confine(path);
}

void db_lock_by(int (*call)(int fd, int command, ...))
{
	sqlite3_vfs *files;

	configure();
	files = sqlite3_vfs_find(NULL);
	files->xSetSystemCall(files, "fcntl", (sqlite3_syscall_ptr)call);
}

enum db_result db_open(struct db *db, const char *path, enum db_kind kind)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int code;

	configure();
	flags |= kind == DB_READ_ONLY ? SQLITE_OPEN_READONLY
				      : SQLITE_OPEN_READWRITE;
	if (kind == DB_OWN)
		flags |= SQLITE_OPEN_CREATE;
	code = sqlite3_open_v2(
		path, &db->handle, flags, kind == DB_OWN ? db_join() : NULL);
	if (code != SQLITE_OK)
		return db_result_of(db->handle, code);
	sqlite3_busy_timeout(db->handle, 0);
	if (kind != DB_OWN)
		distrust(db->handle);
	/* Also ends automatic checkpoints: whoever commits decides when. */
	sqlite3_wal_hook(db->handle, count_wal, db);
	return DB_DONE;
}

void db_close(struct db *db)
{
	int code;

	if (db->handle != NULL && db_files_cut())
		db_forsake_wal(db);
	code = sqlite3_close(db->handle);

	assert(code == SQLITE_OK); /* else a query was not released */
	(void)code;
	db->handle = NULL;
}

void db_forsake_wal(struct db *db)
{
	sqlite3_db_config(
		db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

const char *db_path(const struct db *db)
{
	return sqlite3_db_filename(db->handle, "main");
}

const char *db_wal_path(const struct db *db)
{
	return sqlite3_filename_wal(db_path(db));
}

static const char *slow(const struct db *db)
{
	static char sentence[64];

	snprintf(sentence, sizeof(sentence),
		"a statement takes longer than %u s", db->most_ms / 1000);
	return sentence;
}

const char *db_error(const struct db *db)
{
	const char *fault = db_files_fault();

	if (db->handle == NULL)
		return "out of memory";
	if (db_files_cut())
		return "its -shm file was cut short while it was open";
	switch (sqlite3_errcode(db->handle) & 0xff) {
	case SQLITE_INTERRUPT:
		return slow(db);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return fault != NULL ? fault : sqlite3_errmsg(db->handle);
	default:
		return sqlite3_errmsg(db->handle);
	}
}

bool db_no_memory(const struct db *db)
{
	int code =
		db->handle == NULL ? SQLITE_NOMEM : sqlite3_errcode(db->handle);

	return code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
}

bool db_not_a_database(const struct db *db)
{
	return sqlite3_errcode(db->handle) == SQLITE_NOTADB;
}

enum db_result db_run(struct db *db, const char *sql)
{
	db_begin_work(db);
	return db_result_of(
		db->handle, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

void db_roll_back(struct db *db)
{
	if (db_in_transaction(db))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

void db_wait(struct db *db, int ms)
{
	sqlite3_busy_timeout(db->handle, ms);
}

void db_limit(struct db *db, int bytes)
{
	sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, bytes);
}

bool db_in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

enum db_result db_checkpoint(struct db *db, bool all)
{
	int mode = all ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
	int code =
		sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, NULL, NULL);

	if (code == SQLITE_OK)
		db->wal_pages = 0;
	return db_result_of(db->handle, code);
}
