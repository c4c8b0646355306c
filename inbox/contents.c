/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/file.h"

#include <string.h>

#include "inbox/diagnosis.h"
#include "inbox/lines.h"
#include "inbox/transaction.h"
#include "lib/db/outbox_table.h"

/* The sentence for a write that failed. */
static const char *unwritable(
	const struct inbox_file *file, const char *otherwise)
{
	return diagnosis_unwritable(db_path(&file->db), otherwise);
}

/* ---- the table */

static enum db_result make_table(struct inbox_file *file)
{
	enum db_result got = transaction_begin(file);

	return got == DB_DONE
		       ? transaction_end(file, outbox_table_make(&file->db))
		       : got;
}

static const char *check_table(struct inbox_file *file, bool create)
{
	const char *why;
	bool found;

	if (outbox_table_look(&file->db, &found, &why) != DB_DONE)
		return db_error(&file->db);
	if (why != NULL || found)
		return why;
	if (!create)
		return "it has no table broadcast";
	return make_table(file) == DB_DONE
		       ? NULL
		       : unwritable(file, "its table cannot be made now");
}

static const char columns[] = "SELECT id, channel, event, data, key, error"
			      " FROM main.broadcast LIMIT 0";

/* *why: what is wrong with it, now that it is another. */
static enum db_result check_schema(struct inbox_file *file, const char **why)
{
	bool found;
	enum db_result got = outbox_table_look(&file->db, &found, why);

	if (got != DB_DONE || *why != NULL)
		return got;
	if (found)
		return db_run(&file->db, columns);
	*why = "it has no table broadcast";
	return DB_DONE;
}

const char *inbox_file_ruined(struct inbox_file *file)
{
	uint64_t version = file->schema_version;
	const char *why = NULL;
	enum db_result got;

	if (query_next(&file->schema))
		version = query_int(&file->schema, 0);
	got = query_end(&file->schema);
	if (got == DB_DONE && version != file->schema_version)
		got = check_schema(file, &why);
	if (got == DB_DONE) /* else it is still to be checked */
		file->schema_version = version;
	if (got == DB_DONE && why == NULL && inbox_file_switched(file))
		return SENTENCE_MODE_CHANGED;
	return got == DB_BROKEN ? db_error(&file->db) : why;
}

/* ---- the identity */

/* False if there is none that could be one. */
static enum db_result read_identity(struct inbox_file *file, bool *found)
{
	struct query query = {0};
	int64_t count = 0;
	enum db_result got = db_ask(&file->db,
		"SELECT count(*) FROM pragma_table_info('tidings_identity',"
		" 'main') WHERE name = 'identity'",
		&count);

	*found = false;
	if (got != DB_DONE || count == 0)
		return got;
	got = db_prepare(&file->db, &query,
		"SELECT identity FROM main.tidings_identity");
	if (got == DB_DONE) {
		if (query_next(&query)) {
			struct span identity = query_bytes(&query, 0);

			*found = identity.len == INBOX_IDENTITY;
			if (*found)
				memcpy(file->identity, identity.at,
					identity.len);
		}
		got = query_end(&query);
	}
	query_release(&query);
	return got == DB_TOOBIG ? DB_DONE : got;
}

static enum db_result make_identity(struct inbox_file *file)
{
	enum db_result got = transaction_begin(file);

	if (got != DB_DONE)
		return got;
	got = db_run(&file->db,
		"DROP TABLE IF EXISTS main.tidings_identity;"
		"CREATE TABLE main.tidings_identity(identity BLOB NOT NULL);"
		"INSERT INTO tidings_identity VALUES(randomblob(16))");
	return transaction_end(file, got);
}

/* One that could not be read must not be made anew: all rows would be published
 * again. */
static const char *get_identity(struct inbox_file *file)
{
	static const char unmade[] =
		"its table tidings_identity cannot be made now";
	bool found;

	if (read_identity(file, &found) != DB_DONE)
		return db_error(&file->db);
	if (found)
		return NULL;
	if (make_identity(file) != DB_DONE)
		return unwritable(file, unmade);
	if (read_identity(file, &found) != DB_DONE)
		return db_error(&file->db);
	return found ? NULL : unmade;
}

const char *inbox_file_furnish(struct inbox_file *file, bool create)
{
	const char *why = check_table(file, create);

	return why != NULL ? why : get_identity(file);
}
