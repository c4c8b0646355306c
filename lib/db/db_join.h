/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DB_DB_JOIN_H
#define TIDINGS_LIB_DB_DB_JOIN_H
/*
 * db_join - what a commit writes to the write-ahead log, in one piece
 *
 * SQLite writes each page of a commit by two calls; with this they are one, of
 * DB_JOIN_MOST bytes at most.  What is written to a -wal one behind the other
 * is held, and goes to the file
 *
 *   - before the file is synced, read, measured or cut short,
 *   - before the commit is told in the -shm: so whoever else reads the database
 *     never misses a frame that he was told of,
 *   - before the lock of who writes is given back: so it never gets into what
 *     another process writes.
 *
 * If the disk takes it not, the call that needs it there fails as the write
 * would have, and it is held on: what is held is always part of the file as
 * SQLite knows it.  With `synchronous = FULL` that is the sync, before the
 * commit is told to anybody.  With less, one that fails as it is told ends the
 * process: nobody could be told otherwise.
 *
 * Held is only what is not committed: who is killed loses no more than without.
 */

enum {
	DB_JOIN_MOST = 64 << 10, /* SQLite takes the lower 17 bits of a length,
				    and a large write brings no more */
};

/* The name under which SQLite opens its files so, as sqlite3_open_v2() wants
 * it; NULL, which is SQLite's own way, if it cannot be had. */
const char *db_join(void);

#endif
