/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/db/outbox_triggers.h"

#include "lib/buf.h"

#define OURS                                 \
	" name LIKE 'tidings~_%' ESCAPE '~'" \
	" AND sql LIKE '%INSERT INTO broadcast(%'"

/* Of the table as it is now: names, and which of them are the key. */
#define COLUMNS_OF(table)                                      \
	"(SELECT group_concat(quote(name) || ' ' || pk, ', ')" \
	" FROM pragma_table_xinfo(" table ", 'main') WHERE hidden <> 1)"

/* A table that was renamed has kept those of its old name; one that was made
 * anew beside it may have left them to the old one. */
const char outbox_triggers_of[] =
	" type = 'trigger' AND" OURS " AND (tbl_name = ?1 COLLATE NOCASE"
	" OR name COLLATE NOCASE IN ('tidings_' || ?1 || '_insert',"
	" 'tidings_' || ?1 || '_update', 'tidings_' || ?1 || '_delete'))";

/* ---- the record */

/* Is there one that can be read without running anything of theirs? */
static enum db_result is_recorded(struct db *db, bool *yes)
{
	int64_t count = 0;
	enum db_result got = db_ask(db,
		"SELECT count(*) FROM main.sqlite_schema WHERE type = 'table'"
		" AND name = 'tidings_trigger' AND rootpage > 0",
		&count);

	*yes = false;
	if (got != DB_DONE || count != 1)
		return got;
	got = db_ask(db,
		"SELECT count(*) FROM pragma_table_xinfo('tidings_trigger',"
		" 'main') WHERE hidden = 0 AND name IN ('name', 'on_table',"
		" 'channel', 'columns', 'sql')",
		&count);
	*yes = got == DB_DONE && count == 5;
	return got;
}

static enum db_result run_for(
	struct db *db, const char *sql, const char *table, const char *channel)
{
	struct query query = {0};
	enum db_result got = db_prepare(db, &query, sql);

	if (got == DB_DONE) {
		query_bind_text(&query, 1, span_of(table));
		if (channel != NULL)
			query_bind_text(&query, 2, span_of(channel));
		got = query_run(&query);
	}
	query_release(&query);
	return got;
}

enum db_result outbox_triggers_forget(struct db *db, const char *table)
{
	struct buf sql = {0};
	int64_t left = 0;
	bool recorded;
	enum db_result got = is_recorded(db, &recorded);

	if (got != DB_DONE || !recorded)
		return got;
	buf_printf(&sql,
		"DELETE FROM main.tidings_trigger"
		" WHERE on_table = ?1 COLLATE NOCASE OR name COLLATE NOCASE IN"
		" (SELECT name FROM main.sqlite_schema WHERE%s)%c",
		outbox_triggers_of, '\0');
	got = run_for(db, sql.at, table, NULL);
	buf_release(&sql);
	if (got == DB_DONE)
		got = db_ask(
			db, "SELECT count(*) FROM main.tidings_trigger", &left);
	if (got == DB_DONE && left == 0)
		got = db_run(db, "DROP TABLE main.tidings_trigger");
	return got;
}

enum db_result outbox_triggers_record(
	struct db *db, const char *table, const char *channel)
{
	static const char insert[] =
		"INSERT OR REPLACE INTO main.tidings_trigger"
		"(name, on_table, channel, columns, sql)"
		" SELECT name, ?1, ?2, " COLUMNS_OF(
			"?1") ", sql"
			      " FROM main.sqlite_schema WHERE type = 'trigger' "
			      "AND" OURS " AND tbl_name = ?1 COLLATE NOCASE";
	enum db_result got =
		db_run(db, "CREATE TABLE IF NOT EXISTS main.tidings_trigger(\n"
			   " name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,\n"
			   " on_table TEXT NOT NULL,\n"
			   " channel TEXT NOT NULL,\n"
			   " columns TEXT NOT NULL, -- that the table had\n"
			   " sql TEXT NOT NULL -- that made the trigger\n"
			   ") STRICT");

	return got == DB_DONE ? run_for(db, insert, table, channel) : got;
}

/* ---- what is wrong */

/* One statement, so that no migration comes between two looks. */
static const char look[] =
	"SELECT r.on_table, min(r.channel),"
	" min(CASE WHEN t.name IS NULL AND s.name IS NOT NULL THEN 1"
	"  WHEN t.name IS NULL THEN 2 WHEN s.name IS NULL THEN 3"
	"  WHEN s.tbl_name <> r.on_table COLLATE NOCASE THEN 4"
	"  WHEN " COLUMNS_OF(
		"t.name") " IS NOT r.columns THEN 5"
			  "  WHEN s.sql IS NOT r.sql THEN 6 END),"
			  " min(s.tbl_name)"
			  " FROM (SELECT * FROM main.tidings_trigger LIMIT ?1) "
			  "r"
			  " LEFT JOIN main.sqlite_schema s ON s.type = "
			  "'trigger'"
			  "  AND s.name = r.name COLLATE NOCASE"
			  " LEFT JOIN main.sqlite_schema t ON t.type = 'table'"
			  "  AND t.rootpage > 0 AND t.name = r.on_table "
			  "COLLATE NOCASE"
			  " GROUP BY r.on_table COLLATE NOCASE";

static void note(struct outbox_faults *faults, const struct query *row,
	const struct db *db)
{
	const struct outbox_loss loss = {
		.kind = (enum outbox_loss_kind)query_int(row, 2),
		.path = db_path(db),
		.table = query_bytes(row, 0),
		.channel = query_bytes(row, 1),
		.other = query_bytes(row, 3),
	};

	faults->tables++;
	if (loss.kind == OUTBOX_WHOLE)
		return;
	if (faults->count == OUTBOX_FAULTS) {
		faults->more++;
		return;
	}
	outbox_fault_word(&faults->items[faults->count++], &loss);
}

/* ---- looking */

static enum db_result read_records(struct db *db, struct outbox_faults *faults)
{
	struct query query = {0};
	enum db_result got = db_prepare(db, &query, look);

	if (got == DB_DONE) {
		query_bind_int(&query, 1, OUTBOX_RECORDS);
		while (query_next(&query))
			note(faults, &query, db);
		got = query_end(&query);
	}
	query_release(&query);
	return got;
}

static enum db_result count_unrecorded(
	struct db *db, bool recorded, struct outbox_faults *faults)
{
	int64_t count = 0;
	enum db_result got = db_ask(db,
		recorded ? "SELECT count(DISTINCT tbl_name)"
			   " FROM main.sqlite_schema WHERE type = 'trigger' "
			   "AND" OURS " AND name COLLATE NOCASE NOT IN"
			   " (SELECT name FROM main.tidings_trigger)"
			 : "SELECT count(DISTINCT tbl_name)"
			   " FROM main.sqlite_schema WHERE type = 'trigger' "
			   "AND" OURS,
		&count);

	faults->unrecorded = (size_t)count;
	return got;
}

enum db_result outbox_triggers_look(struct db *db, struct outbox_faults *faults)
{
	bool recorded;
	enum db_result got = is_recorded(db, &recorded);

	*faults = (struct outbox_faults){0};
	if (got == DB_DONE && recorded)
		got = read_records(db, faults);
	if (got == DB_DONE)
		got = count_unrecorded(db, recorded, faults);
	if (got != DB_DONE)
		outbox_faults_release(faults);
	return got;
}
