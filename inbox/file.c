/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inbox/diagnosis.h"
#include "lib/buf.h"
#include "lib/path.h"
#include "lib/service/supervisor.h"

/* The sentence for what went wrong last. */
static const char *fault(const struct inbox_file *file)
{
	return db_error(&file->db);
}

/* ---- the file */

/* Makes an empty file if there is none.  No connection of ours is open, so that
 * closing this descriptor drops nobody's locks. */
static const char *make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
	const char *why = NULL;

	if (fd < 0)
		return errno == EEXIST ? NULL : strerror(errno);
	/* Whatever the umask: the group is to write, SQLite's files follow. */
	if (fchmod(fd, 0660) < 0)
		why = strerror(errno);
	close(fd);
	return why;
}

/* Whoever may write the folder of an inbox of ours may put a link there, to a
 * file that only we can write. */
static bool is_foreign_link(const char *path)
{
	struct stat at;

	return lstat(path, &at) == 0 && S_ISLNK(at.st_mode) && at.st_uid != 0 &&
	       at.st_uid != geteuid();
}

/* By whatever name: opened again and closed, it would lose its locks. */
static bool is_log(const struct stat *at, const char *log)
{
	struct stat other;

	return stat(log, &other) == 0 && other.st_ino == at->st_ino &&
	       other.st_dev == at->st_dev;
}

static const char *look_at_file(struct inbox_file *file,
	const struct config_inbox *config, const char *log, bool *empty)
{
	struct stat at;
	const char *why = config->create ? make_file(config->path) : NULL;

	if (why != NULL)
		return why;
	if (stat(config->path, &at) < 0)
		return strerror(errno);
	if (S_ISDIR(at.st_mode))
		return "is a directory, not a file";
	if (!S_ISREG(at.st_mode))
		return "is not a regular file";
	if (is_log(&at, log))
		return "is the log itself";
	if (config->create && is_foreign_link(config->path))
		return "is a link of another user";
	file->device = at.st_dev;
	file->inode = at.st_ino;
	file->named = false;
	*empty = at.st_size == 0;
	return NULL;
}

bool inbox_file_moved(const struct inbox_file *file, const char *path)
{
	struct stat now;

	return stat(path, &now) < 0 || now.st_ino != file->inode ||
	       now.st_dev != file->device;
}

/* The number of a file beside it; 0 = there is none. */
static ino_t beside(const struct inbox_file *file, const char *end)
{
	struct buf path = {0};
	struct stat at;
	bool found;

	buf_printf(&path, "%s%s", db_path(&file->db), end);
	buf_add_char(&path, '\0');
	found = lstat(path.at, &at) == 0;
	buf_release(&path);
	return found ? at.st_ino : 0;
}

bool inbox_file_split(struct inbox_file *file)
{
	ino_t now;
	bool found;

	if (!file->wal)
		return false;
	now = beside(file, "-wal");
	found = now != 0;
	if (now == file->wal_inode && beside(file, "-shm") == file->shm_inode)
		return false;
	/* Ours may be older than what came by theirs. */
	if (found)
		db_forsake_wal(&file->db);
	return true;
}

/* ---- the disk */

/* Closing the descriptor of a database would drop SQLite's locks; it has none
 * on its write-ahead log, or on a folder.  Others may have put something else
 * in its place: a FIFO would keep us waiting for its writer. */
static bool sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool done = fd >= 0 && fdatasync(fd) == 0;
	int kept = errno;

	if (fd >= 0)
		close(fd);
	errno = kept;
	return done;
}

static bool sync_folder(const struct inbox_file *file)
{
	char *folder = path_folder(db_path(&file->db));
	bool done = sync_path(folder);

	free(folder);
	return done;
}

bool inbox_file_sync(struct inbox_file *file)
{
	/* A journal that was removed comes back. */
	if (!file->wal)
		return sync_folder(file);
	if (!file->named)
		file->named = sync_folder(file);
	return sync_path(db_wal_path(&file->db)) && file->named;
}

/* ---- opening */

/* What is lost by NORMAL at a power cut is a deletion, done again.  A rollback
 * journal needs FULL to be safe at all. */
static const char *look_at_journal(struct inbox_file *file)
{
	/* It has none of these files before it was read. */
	if (db_run(&file->db, "SELECT 1 FROM main.sqlite_schema LIMIT 1") !=
		DB_DONE)
		return fault(file);
	if (db_answers(&file->db, "PRAGMA journal_mode", "wal", &file->wal) !=
		DB_DONE)
		return fault(file);
	if (db_prepare(&file->db, &file->mode, "PRAGMA main.journal_mode") !=
		DB_DONE)
		return fault(file);
	if (!file->wal)
		return NULL;
	file->wal_inode = beside(file, "-wal");
	file->shm_inode = beside(file, "-shm");
	return db_run(&file->db, "PRAGMA synchronous = NORMAL") == DB_DONE
		       ? NULL
		       : fault(file);
}

/* In ms since 1970; -1 if it is no time. */
#define EXPIRES                                                        \
	"CASE typeof(expires_at) WHEN 'null' THEN NULL"                \
	" WHEN 'text' THEN coalesce(CAST(round((julianday(expires_at)" \
	"  - 2440587.5) * 86400000) AS INTEGER), -1)"                  \
	" WHEN 'blob' THEN -1"                                         \
	" ELSE CAST(expires_at * 1000 AS INTEGER) END"

/* A table may be without a column `also`, or `expires_at`: then the name means
 * the NULL of the outer query, which is out of sight where the table has one.
 */
static const char rows_above[] =
	"SELECT row.id, row.channel, row.event, row.data, row.key,"
	" (SELECT also FROM main.broadcast AS same WHERE same.id = row.id),"
	" (SELECT " EXPIRES " FROM main.broadcast AS same"
	"  WHERE same.id = row.id)"
	" FROM main.broadcast AS row"
	" CROSS JOIN (SELECT NULL AS also, NULL AS expires_at)"
	" WHERE row.id > ? ORDER BY row.id LIMIT ?";

static bool prepare(struct inbox_file *file)
{
	struct db *db = &file->db;

	return db_run(db, "CREATE TEMP TABLE kept(row INTEGER PRIMARY KEY)") ==
		       DB_DONE &&
	       db_prepare(db, &file->rows, rows_above) == DB_DONE &&
	       db_prepare(db, &file->next_id,
		       "SELECT id FROM main.broadcast WHERE id > ?"
		       " ORDER BY id LIMIT 1") == DB_DONE &&
	       db_prepare(db, &file->newest,
		       "SELECT max(id) FROM main.broadcast") == DB_DONE &&
	       db_prepare(db, &file->set_error,
		       "UPDATE main.broadcast SET error = ? WHERE id = ?") ==
		       DB_DONE &&
	       db_prepare(db, &file->due,
		       "SELECT max(id) FROM (SELECT id FROM main.broadcast"
		       " WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)") ==
		       DB_DONE &&
	       db_prepare(db, &file->consume,
		       "DELETE FROM main.broadcast WHERE id > ? AND id <= ?"
		       " AND error IS NULL AND id NOT IN temp.kept") ==
		       DB_DONE &&
	       db_prepare(db, &file->keep,
		       "INSERT OR IGNORE INTO temp.kept VALUES(?)") ==
		       DB_DONE &&
	       db_prepare(db, &file->sequence,
		       "SELECT seq FROM main.sqlite_sequence"
		       " WHERE name = 'broadcast' COLLATE NOCASE") == DB_DONE &&
	       db_prepare(db, &file->version, "PRAGMA main.data_version") ==
		       DB_DONE &&
	       db_prepare(db, &file->below,
		       "SELECT id, error IS NULL AND id NOT IN temp.kept"
		       " FROM main.broadcast"
		       " WHERE id > ? AND id <= ? ORDER BY id LIMIT 200") ==
		       DB_DONE &&
	       db_prepare(db, &file->schema, "PRAGMA main.schema_version") ==
		       DB_DONE;
}

static const char *try_open(struct inbox_file *file,
	const struct config_inbox *config, const char *log)
{
	bool empty = false, wal;
	const char *why = look_at_file(file, config, log, &empty);

	if (why != NULL)
		return why;
	if (db_open(&file->db, config->path, DB_FOREIGN) != DB_DONE)
		return fault(file);
	db_limit(&file->db, INBOX_VALUE_MAX);
	db_limit_time(&file->db, INBOX_STATEMENT_MS, supervisor_alive);
	/* Where there can be no such journal, it is another. */
	if (config->create && empty &&
		db_passes(db_answers(
			&file->db, "PRAGMA journal_mode = WAL", "wal", &wal)))
		return fault(file);
	why = look_at_journal(file);
	if (why == NULL && !locks_open(&file->locks, &file->db, file->wal))
		why = diagnosis_unwritable(config->path, strerror(errno));
	if (why == NULL)
		why = inbox_file_furnish(file, config->create);
	if (why != NULL)
		return why;
	return prepare(file) ? NULL : fault(file);
}

const char *inbox_file_open(struct inbox_file *file,
	const struct config_inbox *config, const char *log)
{
	static char sentence[256];
	const char *why = try_open(file, config, log);

	if (why == NULL)
		return NULL;
	strncpy(sentence, why, sizeof(sentence) - 1);
	inbox_file_close(file);
	return diagnosis(config->path, sentence);
}

void inbox_file_close(struct inbox_file *file)
{
	query_release(&file->rows);
	query_release(&file->next_id);
	query_release(&file->newest);
	query_release(&file->set_error);
	query_release(&file->due);
	query_release(&file->consume);
	query_release(&file->sequence);
	query_release(&file->version);
	query_release(&file->below);
	query_release(&file->schema);
	query_release(&file->keep);
	query_release(&file->mode);
	db_close(&file->db);
	locks_close(&file->locks);
}
