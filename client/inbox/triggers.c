/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/inbox/triggers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/inbox/row_json.h"
#include "lib/db/outbox_triggers.h"

static const struct kind {
	const char *name; /* of the change and its event type */
	const char *verb;
	bool old, new;
} kinds[] = {
	{"insert", "INSERT", false, true},
	{"update", "UPDATE", true, true},
	{"delete", "DELETE", true, false},
};

/* ---- a trigger */

static void add_trigger_name(
	struct buf *out, const char *table, const struct kind *kind)
{
	struct buf name = {0};

	buf_printf(&name, "tidings_%s_%s", table, kind->name);
	sql_quote(out, buf_span(&name), '"');
	buf_release(&name);
}

static void add_head(
	struct buf *out, const char *table, const struct kind *kind)
{
	struct buf more = {0};

	buf_printf(&more, ",\"change\":\"%s\"", kind->name);
	buf_add_char(&more, '\0');
	sql_json_string(out, "{\"table\":", table, more.at);
	buf_release(&more);
}

/* The event's data, or NULL: what cannot become short enough is not even put
 * together, since SQLite has a longest value, and applications lower it. */
static void add_whole(struct buf *out, const struct kind *kind,
	const char *table, const struct row_column *columns, size_t count)
{
	buf_add_span(out, span_of("CASE WHEN 0"));
	if (kind->old) {
		buf_add_span(out, span_of(" + "));
		row_length(out, "OLD", columns, count);
	}
	if (kind->new) {
		buf_add_span(out, span_of(" + "));
		row_length(out, "NEW", columns, count);
	}
	buf_printf(out, " <= %d THEN ", TRIGGERS_MAX);
	add_head(out, table, kind);
	if (kind->old) {
		buf_add_span(out, span_of(" || ',\"old\":' || "));
		row_json(out, "OLD", columns, count);
	}
	if (kind->new) {
		buf_add_span(out, span_of(" || ',\"new\":' || "));
		row_json(out, "NEW", columns, count);
	}
	buf_add_span(out, span_of(" || '}' END"));
}

/* What is told of a row that cannot be told whole. */
static void add_short(struct buf *out, const struct kind *kind,
	const char *table, const struct row_column *columns, size_t count,
	bool texts)
{
	buf_add_span(out, span_of(" UNION ALL SELECT "));
	add_head(out, table, kind);
	buf_printf(out,
		" || CASE WHEN length(CAST(whole AS BLOB)) <= %d"
		" THEN ',\"not_utf8\":true' ELSE ',\"too_long\":true' END"
		" || ',\"key\":' || ",
		TRIGGERS_MAX);
	row_json_key(out, kind->new ? "NEW" : "OLD", columns, count, texts);
	buf_add_span(out, span_of(" || '}'"));
}

/* The first of them that can be an event: the row; its key; of its key what is
 * no text. */
static void add_trigger(struct buf *out, const struct kind *kind,
	const char *table, const char *channel,
	const struct row_column *columns, size_t count)
{
	buf_add_span(out, span_of("CREATE TRIGGER "));
	add_trigger_name(out, table, kind);
	buf_printf(out, " AFTER %s ON ", kind->verb);
	sql_quote(out, span_of(table), '"');
	buf_add_span(out, span_of(" BEGIN INSERT INTO broadcast(channel, event,"
				  " data) SELECT "));
	sql_quote(out, span_of(channel), '\'');
	buf_printf(out, ", '%s', (SELECT told FROM (SELECT whole AS told",
		kind->name);
	add_short(out, kind, table, columns, count, true);
	add_short(out, kind, table, columns, count, false);
	buf_printf(out,
		" LIMIT -1) WHERE length(CAST(told AS BLOB)) <= %d AND NOT ",
		TRIGGERS_MAX);
	row_not_utf8(out, "told");
	buf_add_span(out, span_of(" LIMIT 1) FROM (SELECT "));
	add_whole(out, kind, table, columns, count);
	buf_add_span(out, span_of(" AS whole); END;\n"));
}

/* ---- the table */

static void release_columns(struct buf *columns)
{
	struct row_column *all = (struct row_column *)(void *)columns->at;

	for (size_t i = 0; i < columns->len / sizeof(*all); i++)
		free(all[i].name);
	buf_release(columns);
}

/* Hidden ones of virtual tables are left out, generated ones are not. */
static enum db_result read_columns(
	struct db *db, const char *table, struct buf *columns)
{
	struct row_column rowid = {.key = true, .bare = true};
	struct query query = {0};
	enum db_result got = db_prepare(db, &query,
		"SELECT name, pk FROM pragma_table_xinfo(?)"
		" WHERE hidden <> 1");

	if (got != DB_DONE)
		return got;
	query_bind_text(&query, 1, span_of(table));
	while (query_next(&query)) {
		struct row_column column = {
			.name = mem_text(query_bytes(&query, 0)),
			.key = query_int(&query, 1) > 0};

		rowid.key = rowid.key && !column.key;
		buf_add(columns, &column, sizeof(column));
	}
	got = query_end(&query);
	query_release(&query);
	rowid.name = mem_text(span_of("rowid"));
	buf_add(columns, &rowid, sizeof(rowid));
	return got;
}

static const char *table_fault(struct span kind, const char *name)
{
	static const char *const ours[] = {
		"broadcast", "tidings_identity", "tidings_trigger"};

	if (!span_is(kind, "table"))
		return "it is not an ordinary table";
	if (strncmp(name, "sqlite_", 7) == 0)
		return "it is SQLite's own";
	for (size_t i = 0; i < 3; i++)
		if (strcasecmp(name, ours[i]) == 0)
			return "it is Tidings' own";
	return NULL;
}

enum db_result triggers_table(
	struct db *db, const char *table, struct buf *name, const char **fault)
{
	struct query query = {0};
	enum db_result got = db_prepare(db, &query,
		"SELECT type, name FROM pragma_table_list WHERE"
		" schema = 'main' AND name = ? COLLATE NOCASE");

	*fault = "there is no such table";
	if (got != DB_DONE)
		return got;
	query_bind_text(&query, 1, span_of(table));
	if (query_next(&query)) {
		buf_add_span(name, query_bytes(&query, 1));
		buf_add_char(name, '\0');
		*fault = table_fault(query_bytes(&query, 0), name->at);
	}
	got = query_end(&query);
	query_release(&query);
	return got;
}

enum db_result triggers_sql(
	struct db *db, const char *name, const char *channel, struct buf *out)
{
	struct buf columns = {0};
	enum db_result got = read_columns(db, name, &columns);

	if (got == DB_DONE)
		got = triggers_off_sql(db, name, out);
	for (size_t i = 0; got == DB_DONE && i < 3; i++)
		add_trigger(out, &kinds[i], name, channel,
			(struct row_column *)(void *)columns.at,
			columns.len / sizeof(struct row_column));
	release_columns(&columns);
	return got;
}

enum db_result triggers_off_sql(
	struct db *db, const char *table, struct buf *out)
{
	struct query query = {0};
	struct buf sql = {0};
	enum db_result got;

	buf_printf(&sql, "SELECT name FROM main.sqlite_schema WHERE%s%c",
		outbox_triggers_of, '\0');
	got = db_prepare(db, &query, sql.at);
	buf_release(&sql);
	if (got != DB_DONE)
		return got;
	query_bind_text(&query, 1, span_of(table));
	while (query_next(&query)) {
		buf_add_span(out, span_of("DROP TRIGGER main."));
		sql_quote(out, query_bytes(&query, 0), '"');
		buf_add_span(out, span_of(";\n"));
	}
	got = query_end(&query);
	query_release(&query);
	return got;
}
