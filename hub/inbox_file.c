#include "config.h"

#include "hub/inbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name of a constraint is what a program that breaks it gets to read.
 * These are guard rails: whoever writes the file can switch them off. */
static const char table[] =
	"CREATE TABLE broadcast(\n"
	" id INTEGER PRIMARY KEY AUTOINCREMENT\n"
	"  CONSTRAINT \"an id is at least 1; leave it out\"\n"
	"  CHECK (id >= 1),\n"
	" channel TEXT NOT NULL DEFAULT 'main'\n"
	"  CONSTRAINT \"a channel name has 1 to 255 bytes\"\n"
	"  CHECK (length(CAST(channel AS BLOB)) BETWEEN 1 AND 255)\n"
	"  CONSTRAINT \"a channel name has no control characters\"\n"
	"  CHECK (channel NOT GLOB '*[^ -~\302\240-\364\217\277\277]*'\n"
	"   AND instr(CAST(channel AS BLOB), x'00') = 0),\n"
	" event TEXT\n"
	"  CONSTRAINT \"an event type has at most 64 bytes\"\n"
	"  CHECK (length(CAST(event AS BLOB)) <= 64)\n"
	"  CONSTRAINT \"an event type has no control characters\"\n"
	"  CHECK (event NOT GLOB '*[^ -~\302\240-\364\217\277\277]*'\n"
	"   AND instr(CAST(event AS BLOB), x'00') = 0),\n"
	" data ANY NOT NULL\n"
	"  CONSTRAINT \"data has at most 1 MiB\"\n"
	"  CHECK (length(data) <= 1048576),\n"
	" key TEXT\n"
	"  CONSTRAINT \"a key has at most 200 bytes\"\n"
	"  CHECK (length(CAST(key AS BLOB)) <= 200),\n"
	" created_at TEXT NOT NULL\n"
	"  DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),\n"
	" error TEXT -- why a row was not published\n"
	") STRICT";

/* Rows are read in the order of their ids, each once: one that got in below
 * those already read would never be published. */
static const char id_trigger[] =
	"CREATE TRIGGER broadcast_insert BEFORE INSERT ON broadcast\n"
	"WHEN NEW.id <> -1 OR NEW.error IS NOT NULL BEGIN\n"
	" SELECT RAISE(ABORT, 'leave error out: it is for the hub to fill')\n"
	"  WHERE NEW.error IS NOT NULL;\n"
	" SELECT RAISE(ABORT, 'leave id out, or choose one above all before')\n"
	"  WHERE NEW.id <> -1 AND NEW.id <= coalesce((SELECT seq FROM\n"
	"   sqlite_sequence WHERE name = 'broadcast'), 0);\n"
	" SELECT RAISE(ABORT, 'leave id out: this one is far too high')\n"
	"  WHERE NEW.id > 1000000000 + coalesce((SELECT seq FROM\n"
	"   sqlite_sequence WHERE name = 'broadcast'), 0);\n"
	"END";

/* Not "OF id": that would let rowid, its other name, pass. */
static const char update_trigger[] =
	"CREATE TRIGGER broadcast_update BEFORE UPDATE ON broadcast\n"
	"WHEN NEW.id <> OLD.id BEGIN\n"
	" SELECT RAISE(ABORT, 'an id cannot be changed');\n"
	"END";

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

static const char *look_at_file(
	struct inbox_file *file, const struct config_inbox *config, bool *empty)
{
	struct stat at;
	const char *why = config->create ? make_file(config->path) : NULL;

	if (why != NULL)
		return why;
	if (stat(config->path, &at) < 0)
		return strerror(errno);
	if (!S_ISREG(at.st_mode))
		return "is not a regular file";
	file->device = at.st_dev;
	file->inode = at.st_ino;
	*empty = at.st_size == 0;
	return NULL;
}

bool inbox_file_moved(const struct inbox_file *file, const char *path)
{
	struct stat now;

	return stat(path, &now) < 0 || now.st_ino != file->inode ||
	       now.st_dev != file->device;
}

bool inbox_file_split(struct inbox_file *file)
{
	struct stat now;
	bool found;

	if (!file->wal)
		return false;
	found = stat(db_wal_path(&file->db), &now) == 0;
	if (found && now.st_ino == file->wal_inode)
		return false;
	/* Ours may be older than what came by theirs. */
	if (found)
		db_forsake_wal(&file->db);
	return true;
}

/* ---- the schema */

static const char *make_table(struct inbox_file *file)
{
	struct db *db = &file->db;
	bool made;

	if (db_run(db, "BEGIN IMMEDIATE") != DB_DONE)
		return fault(file);
	made = db_run(db, table) == DB_DONE &&
	       db_run(db, id_trigger) == DB_DONE &&
	       db_run(db, update_trigger) == DB_DONE &&
	       db_run(db, "COMMIT") == DB_DONE;
	if (made)
		return NULL;
	if (db_in_transaction(db))
		db_run(db, "ROLLBACK");
	return "its table cannot be made now";
}

static const char *check_table(struct inbox_file *file, bool create)
{
	struct db *db = &file->db;
	int64_t found = 0;
	enum db_result got = db_ask(db,
		"SELECT count(*) FROM sqlite_schema WHERE name = 'broadcast'"
		" COLLATE NOCASE",
		&found);

	if (got != DB_ROW)
		return fault(file);
	if (found == 0 && create)
		return make_table(file);
	if (found == 0)
		return "it has no table broadcast";
	if (!db_answers(db,
		    "SELECT type FROM pragma_table_list('broadcast')"
		    " WHERE schema = 'main'",
		    "table"))
		return "broadcast is not an ordinary table in it";
	if (db_ask(db,
		    "SELECT 1 FROM sqlite_schema WHERE name = 'broadcast'"
		    " COLLATE NOCASE AND sql LIKE '%AUTOINCREMENT%'",
		    &found) != DB_ROW)
		return "its table broadcast has no AUTOINCREMENT, so that ids "
		       "would be used again";
	return NULL;
}

static bool read_identity(struct inbox_file *file)
{
	struct query query = {0};
	bool found = false;

	if (db_prepare(&file->db, &query,
		    "SELECT identity FROM main.tidings_identity") == DB_DONE &&
		query_step(&query) == DB_ROW) {
		struct span identity = query_bytes(&query, 0);

		found = identity.len == INBOX_IDENTITY;
		if (found)
			memcpy(file->identity, identity.at, identity.len);
	}
	query_release(&query);
	return found;
}

static const char *get_identity(struct inbox_file *file)
{
	if (read_identity(file))
		return NULL;
	if (db_run(&file->db,
		    "BEGIN IMMEDIATE;"
		    "DROP TABLE IF EXISTS main.tidings_identity;"
		    "CREATE TABLE main.tidings_identity(identity BLOB NOT "
		    "NULL);"
		    "INSERT INTO tidings_identity VALUES(randomblob(16));"
		    "COMMIT") != DB_DONE) {
		if (db_in_transaction(&file->db))
			db_run(&file->db, "ROLLBACK");
		return "its table tidings_identity cannot be made now";
	}
	return read_identity(file) ? NULL : fault(file);
}

static bool prepare(struct inbox_file *file)
{
	struct db *db = &file->db;

	return db_prepare(db, &file->rows,
		       "SELECT id, channel, event, data, key"
		       " FROM main.broadcast WHERE id > ? ORDER BY id"
		       " LIMIT ?") == DB_DONE &&
	       db_prepare(db, &file->next_id,
		       "SELECT id FROM main.broadcast WHERE id > ?"
		       " ORDER BY id LIMIT 1") == DB_DONE &&
	       db_prepare(db, &file->set_error,
		       "UPDATE main.broadcast SET error = ? WHERE id = ?") ==
		       DB_DONE &&
	       db_prepare(db, &file->due,
		       "SELECT max(id) FROM (SELECT id FROM main.broadcast"
		       " WHERE id > ? AND id <= ? ORDER BY id LIMIT 1000)") ==
		       DB_DONE &&
	       db_prepare(db, &file->consume,
		       "DELETE FROM main.broadcast WHERE id > ? AND id <= ?"
		       " AND error IS NULL") == DB_DONE &&
	       db_prepare(db, &file->sequence,
		       "SELECT seq FROM main.sqlite_sequence"
		       " WHERE name = 'broadcast' COLLATE NOCASE") == DB_DONE;
}

static const char *try_open(
	struct inbox_file *file, const struct config_inbox *config)
{
	bool empty = false;
	struct stat wal;
	const char *why = look_at_file(file, config, &empty);

	if (why != NULL)
		return why;
	if (db_open(&file->db, config->path, DB_FOREIGN) != DB_DONE)
		return fault(file);
	db_limit(&file->db, INBOX_VALUE_MAX);
	if (config->create && empty)
		db_answers(&file->db, "PRAGMA journal_mode = WAL", "wal");
	why = check_table(file, config->create);
	if (why == NULL)
		why = get_identity(file);
	if (why != NULL)
		return why;
	file->wal = db_answers(&file->db, "PRAGMA journal_mode", "wal");
	if (file->wal && stat(db_wal_path(&file->db), &wal) == 0)
		file->wal_inode = wal.st_ino;
	/* What is lost here by a power cut is a deletion, done again.  A
	 * rollback journal needs FULL to be safe at all. */
	if (file->wal)
		db_run(&file->db, "PRAGMA synchronous = NORMAL");
	return prepare(file) ? NULL : fault(file);
}

const char *inbox_file_open(
	struct inbox_file *file, const struct config_inbox *config)
{
	static char sentence[256];
	const char *why = try_open(file, config);

	if (why == NULL)
		return NULL;
	strncpy(sentence, why, sizeof(sentence) - 1);
	inbox_file_close(file);
	return sentence;
}

void inbox_file_close(struct inbox_file *file)
{
	query_release(&file->rows);
	query_release(&file->next_id);
	query_release(&file->set_error);
	query_release(&file->due);
	query_release(&file->consume);
	query_release(&file->sequence);
	db_close(&file->db);
}
