/* SPDX-License-Identifier: MIT */
/*
 * Objects are put together with || and json_quote(): json_object() takes no
 * more than 63 columns.  Groups in brackets keep the expression flat, since
 * SQLite allows a depth of 1,000.
 */
#include <config.h>

#include "client/verb/triggers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/json/json.h"

enum {
	GROUP = 16,    /* columns in one pair of brackets */
	KEY_TEXT = 256 /* a longer key is told as null */
};

static const struct kind {
	const char *name; /* of the change and its event type */
	const char *verb;
	bool old, new;
} kinds[] = {
	{"insert", "INSERT", false, true},
	{"update", "UPDATE", true, true},
	{"delete", "DELETE", true, false},
};

struct column {
	char *name; /* owned */
	bool key;   /* part of the primary key */
	bool bare;  /* no column: the rowid of a table without a key */
};

/* ---- quoting */

/* `text` between two `quote`s, those in it doubled. */
static void add_quoted(struct buf *out, struct span text, char quote)
{
	buf_add_char(out, quote);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == quote)
			buf_add_char(out, quote);
		buf_add_char(out, text.at[i]);
	}
	buf_add_char(out, quote);
}

/* An SQL string that holds the JSON string `text`, then `more`. */
static void add_json_string(
	struct buf *out, const char *before, const char *text, const char *more)
{
	struct buf json = {0};

	buf_add_span(&json, span_of(before));
	json_quote(&json, span_of(text));
	buf_add_span(&json, span_of(more));
	add_quoted(out, buf_span(&json), '\'');
	buf_release(&json);
}

static void add_trigger_name(
	struct buf *out, const char *table, const struct kind *kind)
{
	struct buf name = {0};

	buf_printf(&name, "tidings_%s_%s", table, kind->name);
	add_quoted(out, buf_span(&name), '"');
	buf_release(&name);
}

/* ---- a row as JSON */

/* What json_quote() can take of NEW."name": || takes the mark from a text that
 * json() made, without which it were told as an object now and as a text later.
 */
static void add_value(
	struct buf *out, const char *row, const struct column *column)
{
	struct buf name = {0};

	buf_printf(&name, "%s.", row);
	add_quoted(&name, span_of(column->name), '"');
	buf_printf(out,
		"json_quote(CASE typeof(%.*s) WHEN 'text' THEN %.*s || ''"
		" WHEN 'blob' THEN hex(%.*s) WHEN 'real' THEN CASE WHEN "
		"abs(%.*s) < 1.8e308"
		" THEN %.*s END",
		(int)name.len, name.at, (int)name.len, name.at, (int)name.len,
		name.at, (int)name.len, name.at, (int)name.len, name.at);
	buf_printf(out, " ELSE %.*s END)", (int)name.len, name.at);
	buf_release(&name);
}

/* Its bytes; length() alone ends at a NUL. */
static void add_length(
	struct buf *out, const char *row, const struct column *column)
{
	buf_printf(out, "ifnull(length(CAST(%s.", row);
	add_quoted(out, span_of(column->name), '"');
	buf_add_span(out, span_of(" AS BLOB)), 0)"));
}

/* The same, and null if it is long. */
static void add_key_value(
	struct buf *out, const char *row, const struct column *column)
{
	buf_add_span(out, span_of("CASE WHEN "));
	add_length(out, row, column);
	buf_printf(out, " > %d THEN 'null' ELSE ", KEY_TEXT);
	add_value(out, row, column);
	buf_add_span(out, span_of(" END"));
}

/* The columns of `row`, or those of its key, as an expression. */
static void add_object(struct buf *out, const char *row,
	const struct column *columns, size_t count, bool key)
{
	size_t added = 0;

	buf_add_span(out, span_of("(('{'"));
	for (size_t i = 0; i < count; i++) {
		if (key ? !columns[i].key : columns[i].bare)
			continue;
		if (added > 0 && added % GROUP == 0)
			buf_add_span(out, span_of(") || (''"));
		buf_add_span(out, span_of(" || "));
		add_json_string(
			out, added++ == 0 ? "" : ",", columns[i].name, ":");
		buf_add_span(out, span_of(" || "));
		(key ? add_key_value : add_value)(out, row, &columns[i]);
	}
	buf_add_span(out, span_of(" || '}'))"));
}

/* " + " and the bytes of all columns of `row`. */
static void add_lengths(struct buf *out, const char *row,
	const struct column *columns, size_t count)
{
	size_t added = 0;

	buf_add_span(out, span_of(" + (0"));
	for (size_t i = 0; i < count; i++) {
		if (columns[i].bare)
			continue;
		if (++added % GROUP == 0)
			buf_add_span(out, span_of(") + (0"));
		buf_add_span(out, span_of(" + "));
		add_length(out, row, &columns[i]);
	}
	buf_add_char(out, ')');
}

static void add_head(
	struct buf *out, const char *table, const struct kind *kind)
{
	struct buf more = {0};

	buf_printf(&more, ",\"change\":\"%s\"", kind->name);
	buf_add_char(&more, '\0');
	add_json_string(out, "{\"table\":", table, more.at);
	buf_release(&more);
}

/* ---- a trigger */

/* The event's data, or NULL: what cannot become short enough is not even put
 * together, since SQLite has a longest value, and applications lower it. */
static void add_whole(struct buf *out, const struct kind *kind,
	const char *table, const struct column *columns, size_t count)
{
	buf_add_span(out, span_of("CASE WHEN 0"));
	if (kind->old)
		add_lengths(out, "OLD", columns, count);
	if (kind->new)
		add_lengths(out, "NEW", columns, count);
	buf_printf(out, " <= %d THEN ", TRIGGERS_MAX);
	add_head(out, table, kind);
	if (kind->old) {
		buf_add_span(out, span_of(" || ',\"old\":' || "));
		add_object(out, "OLD", columns, count, false);
	}
	if (kind->new) {
		buf_add_span(out, span_of(" || ',\"new\":' || "));
		add_object(out, "NEW", columns, count, false);
	}
	buf_add_span(out, span_of(" || '}' END"));
}

static void add_trigger(struct buf *out, const struct kind *kind,
	const char *table, const char *channel, const struct column *columns,
	size_t count)
{
	buf_add_span(out, span_of("CREATE TRIGGER "));
	add_trigger_name(out, table, kind);
	buf_printf(out, " AFTER %s ON ", kind->verb);
	add_quoted(out, span_of(table), '"');
	buf_add_span(out, span_of(" BEGIN INSERT INTO broadcast(channel, event,"
				  " data) SELECT "));
	add_quoted(out, span_of(channel), '\'');
	buf_printf(out,
		", '%s', CASE WHEN length(CAST(whole AS BLOB)) <= %d"
		" THEN whole ELSE ",
		kind->name, TRIGGERS_MAX);
	add_head(out, table, kind);
	buf_add_span(out, span_of(" || ',\"too_long\":true,\"key\":' || "));
	add_object(out, kind->new ? "NEW" : "OLD", columns, count, true);
	buf_add_span(out, span_of(" || '}' END FROM (SELECT "));
	add_whole(out, kind, table, columns, count);
	buf_add_span(out, span_of(" AS whole); END;\n"));
}

/* ---- the table */

static void release_columns(struct buf *columns)
{
	struct column *all = (struct column *)(void *)columns->at;

	for (size_t i = 0; i < columns->len / sizeof(*all); i++)
		free(all[i].name);
	buf_release(columns);
}

/* Hidden ones of virtual tables are left out, generated ones are not. */
static enum db_result read_columns(
	struct db *db, const char *table, struct buf *columns)
{
	struct column rowid = {.key = true, .bare = true};
	struct query query = {0};
	enum db_result got = db_prepare(db, &query,
		"SELECT name, pk FROM pragma_table_xinfo(?)"
		" WHERE hidden <> 1");

	if (got != DB_DONE)
		return got;
	query_bind_text(&query, 1, span_of(table));
	while (query_next(&query)) {
		struct column column = {
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
	static const char *const ours[] = {"broadcast", "tidings_identity"};

	if (!span_is(kind, "table"))
		return "it is not an ordinary table";
	if (strncmp(name, "sqlite_", 7) == 0)
		return "it is SQLite's own";
	for (size_t i = 0; i < 2; i++)
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
			(struct column *)(void *)columns.at,
			columns.len / sizeof(struct column));
	release_columns(&columns);
	return got;
}

/* Found by their table: one that was renamed has kept those of its old name. */
enum db_result triggers_off_sql(
	struct db *db, const char *table, struct buf *out)
{
	struct query query = {0};
	enum db_result got = db_prepare(db, &query,
		"SELECT name FROM main.sqlite_schema"
		" WHERE type = 'trigger'"
		" AND tbl_name = ? COLLATE NOCASE"
		" AND name LIKE 'tidings~_%' ESCAPE '~'"
		" AND sql LIKE '%INSERT INTO broadcast%'");

	if (got != DB_DONE)
		return got;
	query_bind_text(&query, 1, span_of(table));
	while (query_next(&query)) {
		buf_add_span(out, span_of("DROP TRIGGER "));
		add_quoted(out, query_bytes(&query, 0), '"');
		buf_add_span(out, span_of(";\n"));
	}
	got = query_end(&query);
	query_release(&query);
	return got;
}
