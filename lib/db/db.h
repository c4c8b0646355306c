/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DB_DB_H
#define TIDINGS_LIB_DB_DB_H
/*
 * db - SQLite's room
 *
 * A struct db is one connection, a struct query one prepared statement of it;
 * both are valid when all zero, and their release functions accept that.  The
 * many return codes come down to what a caller can do about them.  A failure is
 * never an answer: that there is no row is known only if query_end, which
 * cannot be left out, says DB_DONE.  Bound spans are borrowed until the query
 * is bound again; columns are borrowed until query_next or query_end.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

struct sqlite3;
struct sqlite3_stmt;

enum db_result {
	DB_DONE,    /* done; what was asked is answered */
	DB_FULL,    /* no room on the disk (or quota): try again later */
	DB_BUSY,    /* locked by another program: try again soon */
	DB_TOOBIG,  /* a value longer than the connection's limit */
	DB_REFUSED, /* a constraint or trigger said no */
	DB_BROKEN,  /* the disk, the file or the schema; see db_error */
};

/* The compiler sees to it that somebody looks. */
#define DB_LOOK __attribute__((warn_unused_result))

enum db_kind {
	DB_OWN,	      /* may be created, ours alone; a commit is written in one
			 piece (lib/db/db_join.h) */
	DB_FOREIGN,   /* must exist; nothing in it is trusted */
	DB_READ_ONLY, /* the same, and nothing is written to it */
};

struct db {
	struct sqlite3 *handle;
	uint64_t wal_pages; /* in the write-ahead log after our last commit */
	unsigned most_ms;   /* of work for one statement; 0 = no limit */
	uint64_t due;	    /* clock_work_us() at which this one has had it */
	void (*working)(void);
};

struct query {
	struct sqlite3_stmt *stmt;
	struct db *db;
	enum db_result failure; /* that query_end is still to tell */
};

enum { DB_INT = 1, DB_REAL, DB_TEXT, DB_BLOB, DB_NULL };

/* From now on, for good, SQLite opens in this process nothing but the database
 * `path` and what belongs to it, and takes no harm from what strangers put
 * there (lib/db/db_files.h).  Said again, it is another database. */
void db_confine(const char *path);

/* True if trying again is all there is to do. */
bool db_passes(enum db_result result);

/* From now on SQLite takes its locks, those of all connections, by `call`,
 * which is to do what fcntl(2) does. */
void db_lock_by(int (*call)(int fd, int command, ...));

/* On failure db_error() still tells why; db_close() in any case. */
enum db_result db_open(
	struct db *db, const char *path, enum db_kind kind) DB_LOOK;
void db_close(struct db *db);
/* Before db_close: what the write-ahead log holds is not to be moved into the
 * file any more. */
void db_forsake_wal(struct db *db);
/* Where the file really is, and its write-ahead log, if it has one; borrowed.
 */
const char *db_path(const struct db *db);
const char *db_wal_path(const struct db *db);
/* The sentence for the last failure; borrowed until the next call. */
const char *db_error(const struct db *db);
bool db_not_a_database(const struct db *db);

/* Runs statements that answer nothing. */
enum db_result db_run(struct db *db, const char *sql) DB_LOOK;
/* The first column of the first row, which there must be. */
enum db_result db_ask(struct db *db, const char *sql, int64_t *value) DB_LOOK;
/* Whether the single answer of `sql` is the text `expected`; *yes is false if
 * there is no row, or a failure. */
enum db_result db_answers(struct db *db, const char *sql, const char *expected,
	bool *yes) DB_LOOK;
/* Ends a transaction of ours, if there is (still) one, as if it had not been.
 */
void db_roll_back(struct db *db);
/* How long a statement waits for a lock of another program; 0 at first. */
void db_wait(struct db *db, int ms);
/* Longest value that this connection reads or writes. */
void db_limit(struct db *db, int bytes);
/* What one statement may take of a processor; with more it fails as DB_BROKEN,
 * and db_error says so.  `working` is called now and then meanwhile; NULL =
 * nobody wants to know. */
void db_limit_time(struct db *db, unsigned ms, void (*working)(void));
/* The last failure was for want of memory. */
bool db_no_memory(const struct db *db);
bool db_in_transaction(const struct db *db);
/* Moves what the write-ahead log holds into the database.  `all` waits for
 * nobody but leaves an empty file if it can.  What is not moved is not lost:
 * one may leave it for later unseen. */
enum db_result db_checkpoint(struct db *db, bool all);

enum db_result db_prepare(
	struct db *db, struct query *query, const char *sql) DB_LOOK;
void query_release(struct query *query);
/* True if there is a row to be read; false at the end, and also where it could
 * not be found out: query_end tells which. */
bool query_next(struct query *query) DB_LOOK;
/* Leaves the rows, with or without having seen them all.  Anything but DB_DONE:
 * there may be more, or others, than query_next gave. */
enum db_result query_end(struct query *query) DB_LOOK;
/* All of that at once; the rows do not matter. */
enum db_result query_run(struct query *query) DB_LOOK;

void query_bind_int(struct query *query, int at, uint64_t value);
void query_bind_blob(struct query *query, int at, struct span bytes);
/* Likewise, but NULL if there are no bytes. */
void query_bind_blob_or_null(struct query *query, int at, struct span bytes);
void query_bind_text(struct query *query, int at, struct span text);

uint64_t query_int(const struct query *query, int column);
struct span query_bytes(const struct query *query, int column);
int query_type(const struct query *query, int column);

#endif
