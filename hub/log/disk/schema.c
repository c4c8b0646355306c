/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/disk/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "hub/lines.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/path.h"

#define GONE                                                                  \
	"CREATE TABLE gone("	     /* channels that have no row any more */ \
	" hash INTEGER PRIMARY KEY," /* of the name, with the secret */       \
	" mark INTEGER NOT NULL,"    /* highest id that was pruned */         \
	" at INTEGER NOT NULL,"	     /* its time */                           \
	" sum INTEGER NOT NULL) STRICT;" /* checksum_of_mark() */             \
	"CREATE INDEX gone_by_mark ON gone(mark);"

/* Which of them are of what was private: enum gone_part. */
#define REST                                                           \
	"ALTER TABLE gone ADD COLUMN rest INTEGER NOT NULL DEFAULT 0;" \
	"DROP INDEX gone_by_mark;"                                     \
	"CREATE INDEX gone_by_mark ON gone(rest, mark);"

#define LABEL                                                         \
	"CREATE TABLE label(" /* what publishers call their events */ \
	" text BLOB NOT NULL,"                                        \
	" id INTEGER NOT NULL," /* of the last row of the publish */  \
	" PRIMARY KEY(text, id)) STRICT, WITHOUT ROWID;"

#define PRESENT                                                           \
	"CREATE TABLE present(" /* who was told to be there */            \
	" subscriber BLOB PRIMARY KEY,"                                   \
	" joined INTEGER NOT NULL," /* id of the first event that told */ \
	" since INTEGER NOT NULL,"  /* ms */                              \
	" body BLOB NOT NULL) STRICT, WITHOUT ROWID;" /* of its JOINED */

/* What responders sign tickets with. */
#define TICKETS "INSERT INTO meta VALUES('tickets', randomblob(32));"

/* What everybody sees of a channel that has private events, too; and of
 * `private` in tidings.conf what those were told apart by. */
#define SHOWN                                                      \
	"CREATE TABLE shown("                                      \
	" channel INTEGER PRIMARY KEY,"                            \
	" events INTEGER NOT NULL,"                                \
	" bytes INTEGER NOT NULL,"                                 \
	" newest INTEGER NOT NULL,"                                \
	" pruned_through INTEGER NOT NULL,"                        \
	" pruned_at INTEGER NOT NULL,"                             \
	" sum INTEGER NOT NULL) STRICT;" /* checksum_of_shown() */ \
	"INSERT INTO meta VALUES('private', 0);"

#define ORPHAN                                                                \
	"CREATE TABLE orphan("	   /* entries that the shared order forgot */ \
	" id INTEGER PRIMARY KEY," /* of its last row */                      \
	" at INTEGER NOT NULL,"                                               \
	" hub BLOB NOT NULL,"		   /* that took it */                 \
	" body BLOB NOT NULL,"		   /* as orphan.c writes it */        \
	" stays INTEGER NOT NULL) STRICT;" /* it is not put back */

#define ERASE                                                                \
	"ALTER TABLE channel ADD COLUMN" /* up to there all was deleted, ... \
					  */                                 \
	" erased INTEGER NOT NULL DEFAULT 0;" /* ... and it is no gap */     \
	"CREATE TABLE erasing(" /* channels that have such rows left */      \
	" channel INTEGER PRIMARY KEY) STRICT;"                              \
	"CREATE TABLE due(" /* events that go by themselves */               \
	" at INTEGER NOT NULL,"                                              \
	" id INTEGER NOT NULL,"                                              \
	" PRIMARY KEY(at, id)) STRICT, WITHOUT ROWID;"

static const char tables[] =
	"CREATE TABLE event("
	" id INTEGER PRIMARY KEY,"
	" channel INTEGER NOT NULL," /* channel.number */
	" at INTEGER NOT NULL,"	     /* ms; never falls as id rises */
	" sum INTEGER,"		     /* checksum_of_event() */
	/* So far below the id is that of the channel's event before it; 0 =
	 * there was none.  NULL, as is sum, up to meta's `unsummed`. */
	" back INTEGER,"
	" type TEXT NOT NULL,"
	" data BLOB NOT NULL,"
	" traits BLOB) STRICT;" /* lib/event/traits.h; NULL = none */
	/* The id is part of every index entry: this is (channel, id). */
	"CREATE INDEX event_of_channel ON event(channel);"
	"CREATE TABLE channel("
	" number INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"
	" events INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL,"
	" newest INTEGER NOT NULL,"
	" pruned_through INTEGER NOT NULL," /* highest id that was pruned */
	" pruned_at INTEGER NOT NULL,"	    /* its time */
	" keyed_at INTEGER NOT NULL,"	    /* last use of a key, 0 = never */
	" sum INTEGER) STRICT;"		    /* checksum_of_channel() */
	"CREATE TABLE key("	   /* what idempotency keys stand for */
	" id INTEGER PRIMARY KEY," /* the event's, which may be pruned */
	" channel INTEGER NOT NULL,"
	" name BLOB NOT NULL,"
	" high INTEGER NOT NULL,"
	" low INTEGER NOT NULL,"
	" at INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX key_by_name ON key(channel, name);"
	"CREATE TABLE receipt(" /* answers a publisher may not have got */
	" id INTEGER PRIMARY KEY,"
	" source INTEGER NOT NULL,"
	" results BLOB NOT NULL) STRICT;"
	"CREATE TABLE inbox("
	" identity BLOB PRIMARY KEY,"
	" cursor INTEGER NOT NULL,"
	" name TEXT NOT NULL) STRICT;"
	"CREATE TABLE inbox_error(" /* not yet written to the inbox itself */
	" identity BLOB NOT NULL,"
	" row INTEGER NOT NULL,"
	" reason TEXT NOT NULL,"
	" PRIMARY KEY(identity, row)) STRICT;"
	"CREATE TABLE hole(" /* ids between the two were never given out */
	" start INTEGER PRIMARY KEY,"
	" last INTEGER NOT NULL) STRICT;"
	"CREATE TABLE meta("
	" name TEXT PRIMARY KEY,"
	" value ANY NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES"
	" ('identity', randomblob(16)), ('floor', 0), ('floor_at', 0),"
	" ('probe', 0), ('unsummed', 0),"
	/* When the log was last written, by the date that is believed. */
	" ('date', 0), ('secret', randomblob(16));" GONE LABEL TICKETS SHOWN
		PRESENT REST ORPHAN ERASE;

static const char to_2[] = "ALTER TABLE event ADD COLUMN sum INTEGER;"
			   "ALTER TABLE event ADD COLUMN back INTEGER;"
			   "ALTER TABLE channel ADD COLUMN sum INTEGER;"
			   "INSERT INTO meta VALUES('unsummed', max("
			   " (SELECT coalesce(max(id), 0) FROM event),"
			   " (SELECT coalesce(max(newest), 0) FROM channel)));";

static const char to_3[] =
	GONE "INSERT INTO meta VALUES('date', 0), ('secret', randomblob(16));";

static const char to_4[] =
	"ALTER TABLE event ADD COLUMN traits BLOB;" LABEL TICKETS;

static const char to_5[] = SHOWN PRESENT;

static const char to_6[] = REST ORPHAN;

static const char to_7[] = ERASE;

/* steps[v - 1] leads from version v to v + 1; the last is none. */
static const char *const steps[SCHEMA_VERSION] = {
	to_2, to_3, to_4, to_5, to_6, to_7, NULL};

_Noreturn static void fail(struct db *db, const char *path)
{
	if (db_not_a_database(db))
		log_fatalx(LINE_LOG_NO_SQLITE, path);
	log_fatalx(LINE_LOG_SQLITE, path, db_error(db));
}

static void run(struct db *db, const char *path, const char *sql)
{
	if (db_run(db, sql) != DB_DONE)
		fail(db, path);
}

/* The plain reasons, in plain words, before SQLite says "unable to open". */
static void check_place(const char *path)
{
	char *folder = path_folder(path);
	struct stat at;

	if (stat(folder, &at) < 0)
		log_fatal(LINE_LOG_FOLDER, path, folder);
	if (access(folder, W_OK | X_OK) < 0)
		log_fatal(LINE_LOG_WRITE_FOLDER, path, folder);
	if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) < 0)
		log_fatal(LINE_LOG_WRITE, path);
	free(folder);
}

/* A new log belongs to the service alone.  No connection is open yet, so that
 * closing this descriptor drops nobody's locks. */
static void make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST)
		log_fatal(LINE_LOG_CREATE, path);
}

static void set_version(struct db *db, const char *path, int64_t version)
{
	struct buf set = {0};

	buf_printf(&set, "PRAGMA user_version = %lld", (long long)version);
	buf_add_char(&set, '\0');
	run(db, path, set.at);
	buf_release(&set);
}

static void create(struct db *db, const char *path)
{
	run(db, path, "BEGIN IMMEDIATE");
	run(db, path, tables);
	set_version(db, path, SCHEMA_VERSION);
	run(db, path, "COMMIT");
}

void schema_migrate(struct db *db, const char *path, int64_t from, int64_t to,
	const char *const *list)
{
	run(db, path, "BEGIN IMMEDIATE");
	for (int64_t version = from; version < to; version++)
		run(db, path, list[version - 1]);
	set_version(db, path, to);
	run(db, path, "COMMIT");
	log_info(LINE_LOG_UPGRADED, path, (long long)from, (long long)to);
}

static void check_version(struct db *db, const char *path)
{
	int64_t version = 0, others = 0;

	if (db_ask(db, "PRAGMA user_version", &version) != DB_DONE ||
		db_ask(db, "SELECT count(*) FROM sqlite_schema", &others) !=
			DB_DONE)
		fail(db, path);
	if (version > SCHEMA_VERSION)
		log_fatalx(LINE_LOG_NEWER, path, (long long)version,
			SCHEMA_VERSION);
	if (version < 0 || (version == 0 && others != 0))
		log_fatalx(LINE_LOG_FOREIGN, path);
	if (version == 0)
		create(db, path);
	else if (version < SCHEMA_VERSION)
		schema_migrate(db, path, version, SCHEMA_VERSION, steps);
}

/* Moving the write-ahead log halfway would use up what room is left, and bring
 * nothing. */
static bool has_room_for_wal(const char *path)
{
	struct buf wal = {0};
	struct statvfs disk;
	struct stat file;
	bool has = true;

	buf_printf(&wal, "%s-wal", path);
	buf_add_char(&wal, '\0');
	if (stat(wal.at, &file) == 0 && statvfs(path, &disk) == 0)
		has = (uint64_t)file.st_size < disk.f_bavail * disk.f_frsize;
	buf_release(&wal);
	return has;
}

/* SQLite would delete the write-ahead log of a database that is empty, and what
 * was acknowledged with it, without a word. */
static void keep_orphan(const struct db *db, const char *path)
{
	const char *wal = db_wal_path(db);
	struct buf orphan = {0};
	struct stat file;

	if (stat(db_path(db), &file) < 0 || file.st_size > 0 ||
		stat(wal, &file) < 0 || file.st_size == 0)
		return;
	buf_printf(&orphan, "%s.orphan", wal);
	buf_add_char(&orphan, '\0');
	if (rename(wal, orphan.at) < 0)
		log_fatal(LINE_LOG_WAL, path);
	log_warnx(LINE_LOG_MADE_ANEW, path, orphan.at);
	buf_release(&orphan);
}

/* What an earlier hub wrote, but perhaps could not bring to the disk, must get
 * there before it counts; one that is full can still be read. */
static void move_wal(struct db *db, const char *path)
{
	enum db_result got = DB_DONE;

	if (has_room_for_wal(path))
		got = db_checkpoint(db, false);
	if (got != DB_DONE && got != DB_FULL)
		fail(db, path);
}

void schema_open(struct db *db, const char *path)
{
	int64_t found = 0;
	bool wal;

	check_place(path);
	make_private(path);
	if (db_open(db, path, DB_OWN) != DB_DONE)
		fail(db, path);
	keep_orphan(db, path);
	if (db_answers(db, "PRAGMA journal_mode = WAL", "wal", &wal) !=
			DB_DONE ||
		!wal)
		fail(db, path);
	run(db, path, "PRAGMA synchronous = FULL");
	run(db, path, "PRAGMA foreign_keys = OFF");
	run(db, path, "PRAGMA temp_store = MEMORY");
	run(db, path, "PRAGMA cache_size = -32768");
	check_version(db, path);
	move_wal(db, path);
	if (db_ask(db, "SELECT count(*) FROM meta", &found) != DB_DONE)
		fail(db, path);
	if (found < 9)
		log_fatalx(LINE_LOG_NO_META, path);
	/* Writes once, so that a log that cannot be written fails here and so
	 * that the -wal file exists. */
	switch (db_run(db, "UPDATE meta SET value = 0 WHERE name = 'probe'")) {
	case DB_DONE:
	case DB_FULL: /* it can be read, and there will be room again */
		break;
	case DB_BUSY:
	case DB_TOOBIG:
	case DB_REFUSED:
	case DB_BROKEN:
		fail(db, path);
	}
}
