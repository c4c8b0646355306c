/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/db/outbox_table.h"

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
	"   AND instr(channel, char(0)) = 0),\n"
	" event TEXT\n"
	"  CONSTRAINT \"an event type has at most 64 bytes\"\n"
	"  CHECK (length(CAST(event AS BLOB)) <= 64)\n"
	"  CONSTRAINT \"an event type has no control characters\"\n"
	"  CHECK (event NOT GLOB '*[^ -~\302\240-\364\217\277\277]*'\n"
	"   AND instr(event, char(0)) = 0),\n"
	" data ANY NOT NULL\n"
	"  CONSTRAINT \"data has at most 1 MiB\"\n"
	"  CHECK (length(data) <= 1048576),\n"
	" key TEXT\n"
	"  CONSTRAINT \"a key has at most 200 bytes\"\n"
	"  CHECK (length(CAST(key AS BLOB)) <= 200),\n"
	" created_at TEXT NOT NULL\n"
	"  DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),\n"
	" error TEXT, -- why a row was not published\n"
	" also TEXT -- further channels: a JSON list of their names\n"
	"  CONSTRAINT \"the further channels have at most 16 KiB\"\n"
	"  CHECK (length(CAST(also AS BLOB)) <= 16384),\n"
	" expires_at ANY -- seconds since 1970, or a date in UTC\n"
	"  CONSTRAINT \"expires_at is a number of seconds or a date\"\n"
	"  CHECK (typeof(expires_at) IN ('null', 'integer', 'real')\n"
	"   OR (typeof(expires_at) = 'text'\n"
	"    AND julianday(expires_at) IS NOT NULL))\n"
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

/* The one that is there. */
static enum db_result look_at_table(struct db *db, const char **fault)
{
	bool ordinary;
	int64_t rising = 0;
	/* Not pragma_table_list, which works out the columns of each view that
	 * there is; a virtual table has no page of its own. */
	enum db_result got = db_answers(db,
		"SELECT type FROM main.sqlite_schema WHERE name = 'broadcast'"
		" COLLATE NOCASE AND rootpage > 0"
		" ORDER BY type <> 'table' LIMIT 1",
		"table", &ordinary);

	if (got == DB_DONE)
		got = db_ask(db,
			"SELECT count(*) FROM main.sqlite_schema WHERE name ="
			" 'broadcast' COLLATE NOCASE"
			" AND sql LIKE '%AUTOINCREMENT%'",
			&rising);
	if (got != DB_DONE)
		return got;
	if (!ordinary)
		*fault = "broadcast is not an ordinary table in it";
	else if (rising == 0)
		*fault = "its table broadcast has no AUTOINCREMENT, so that "
			 "ids would be used again";
	return DB_DONE;
}

enum db_result outbox_table_look(struct db *db, bool *found, const char **fault)
{
	int64_t count = 0;
	enum db_result got = db_ask(db,
		"SELECT count(*) FROM main.sqlite_schema WHERE name = "
		"'broadcast'"
		" COLLATE NOCASE",
		&count);

	*found = count > 0;
	*fault = NULL;
	return got == DB_DONE && *found ? look_at_table(db, fault) : got;
}

static enum db_result make(struct db *db)
{
	static const char *const parts[] = {table, id_trigger, update_trigger};
	enum db_result result = DB_DONE;

	for (size_t i = 0; i < 3 && result == DB_DONE; i++)
		result = db_run(db, parts[i]);
	return result;
}

enum db_result outbox_table_make(struct db *db)
{
	enum db_result result;

	if (db_in_transaction(db))
		return make(db);
	result = db_run(db, "BEGIN IMMEDIATE");
	if (result == DB_DONE)
		result = make(db);
	if (result == DB_DONE)
		result = db_run(db, "COMMIT");
	if (result != DB_DONE)
		db_roll_back(db);
	return result;
}
