/* SPDX-License-Identifier: MIT */
/*
 * A file is opened in place by SQLite's own VFS, and stays its file: only the
 * table of its methods is replaced by a copy in which some are ours.  What we
 * know of it stands behind it.  See "sqlite3_io_methods" in SQLite's
 * documentation, and for who calls what when, walFrames() and
 * walIndexWriteHdr() in its wal.c.
 */
#include <config.h>

#include "lib/db/db_join.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	WRITER = 0
}; /* its lock in the -shm: WAL_WRITE_LOCK in SQLite's file
      format */

/* Of a database: `other` is its write-ahead log; of that, its database.  NULL
 * while that is not open. */
struct joined {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *real;
	sqlite3_file *other;
	char *held; /* DB_JOIN_MOST bytes; NULL until the first */
	int len;
	sqlite3_int64 at; /* in the file */
};

static sqlite3_vfs *real_vfs;

static size_t real_size(void)
{
	return ((size_t)real_vfs->szOsFile + 15) / 16 * 16;
}

static struct joined *joined_of(sqlite3_file *file)
{
	return (struct joined *)((char *)file + real_size());
}

/* ---- the write-ahead log */

static int let_go(sqlite3_file *file)
{
	struct joined *wal = joined_of(file);
	int code = SQLITE_OK;

	if (wal->len > 0)
		code = wal->real->xWrite(file, wal->held, wal->len, wal->at);
	if (code == SQLITE_OK)
		wal->len = 0;
	return code;
}

static bool follows(const struct joined *wal, int len, sqlite3_int64 at)
{
	return wal->len == 0 ||
	       (at == wal->at + wal->len && len <= DB_JOIN_MOST - wal->len);
}

static int wal_write(
	sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	struct joined *wal = joined_of(file);
	int code = follows(wal, len, at) ? SQLITE_OK : let_go(file);

	if (code != SQLITE_OK)
		return code;
	if (wal->held == NULL)
		wal->held = sqlite3_malloc(DB_JOIN_MOST);
	if (wal->held == NULL || len > DB_JOIN_MOST)
		return wal->real->xWrite(file, bytes, len, at);
	if (wal->len == 0)
		wal->at = at;
	memcpy(wal->held + wal->len, bytes, (size_t)len);
	wal->len += len;
	return SQLITE_OK;
}

static int wal_read(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
	int code = let_go(file);

	return code != SQLITE_OK
		       ? code
		       : joined_of(file)->real->xRead(file, to, len, at);
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int code = let_go(file);

	return code != SQLITE_OK ? code
				 : joined_of(file)->real->xTruncate(file, size);
}

static int wal_sync(sqlite3_file *file, int flags)
{
	int code = let_go(file);

	return code != SQLITE_OK ? code
				 : joined_of(file)->real->xSync(file, flags);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *size)
{
	int code = let_go(file);

	return code != SQLITE_OK ? code
				 : joined_of(file)->real->xFileSize(file, size);
}

static int wal_close(sqlite3_file *file)
{
	struct joined *wal = joined_of(file);
	int held = let_go(file);
	int code = wal->real->xClose(file);

	if (wal->other != NULL)
		joined_of(wal->other)->other = NULL;
	sqlite3_free(wal->held);
	return held != SQLITE_OK ? held : code;
}

/* ---- the database */

/* Between the two copies of what tells of a commit: who finds that they differ
 * believes neither. */
static void database_barrier(sqlite3_file *file)
{
	struct joined *database = joined_of(file);

	if (database->other != NULL && let_go(database->other) != SQLITE_OK)
		abort();
	database->real->xShmBarrier(file);
}

/* What is still held by then was rolled back, so that the disk need not take
 * it; but no byte of it may be written later. */
static int database_lock(sqlite3_file *file, int slot, int count, int flags)
{
	struct joined *database = joined_of(file);

	if ((flags & SQLITE_SHM_UNLOCK) && slot == WRITER &&
		database->other != NULL) {
		let_go(database->other);
		joined_of(database->other)->len = 0;
	}
	return database->real->xShmLock(file, slot, count, flags);
}

static int database_close(sqlite3_file *file)
{
	struct joined *database = joined_of(file);

	if (database->other != NULL)
		joined_of(database->other)->other = NULL;
	return database->real->xClose(file);
}

/* ---- opening */

static struct joined *begin(sqlite3_file *file)
{
	struct joined *joined = joined_of(file);

	*joined = (struct joined){
		.methods = *file->pMethods, .real = file->pMethods};
	file->pMethods = &joined->methods;
	return joined;
}

static void join_database(sqlite3_file *file)
{
	struct joined *database = begin(file);

	database->methods.xShmBarrier = database_barrier;
	database->methods.xShmLock = database_lock;
	database->methods.xClose = database_close;
}

/* Not if its database is not one of ours: nobody would tell when to let go. */
static void join_wal(sqlite3_file *file, sqlite3_file *database)
{
	struct joined *wal;

	if (database->pMethods == NULL ||
		database->pMethods->xShmBarrier != database_barrier)
		return;
	wal = begin(file);
	wal->methods.xWrite = wal_write;
	wal->methods.xRead = wal_read;
	wal->methods.xTruncate = wal_truncate;
	wal->methods.xSync = wal_sync;
	wal->methods.xFileSize = wal_size;
	wal->methods.xClose = wal_close;
	wal->other = database;
	joined_of(database)->other = file;
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file,
	int flags, int *flags_out)
{
	int code = real_vfs->xOpen(real_vfs, path, file, flags, flags_out);

	(void)vfs;
	if (code != SQLITE_OK || file->pMethods == NULL)
		return code;
	if ((flags & SQLITE_OPEN_MAIN_DB) && file->pMethods->iVersion >= 2)
		join_database(file);
	else if (flags & SQLITE_OPEN_WAL)
		join_wal(file, sqlite3_database_file_object(path));
	return code;
}

const char *db_join(void)
{
	static sqlite3_vfs vfs;

	if (vfs.zName != NULL)
		return vfs.zName;
	real_vfs = sqlite3_vfs_find(NULL);
	if (real_vfs == NULL)
		return NULL;
	vfs = *real_vfs;
	vfs.zName = "tidings-join";
	vfs.szOsFile = (int)(real_size() + sizeof(struct joined));
	vfs.xOpen = open_file;
	vfs.pNext = NULL;
	if (sqlite3_vfs_register(&vfs, 0) == SQLITE_OK)
		return vfs.zName;
	vfs.zName = NULL;
	return NULL;
}
