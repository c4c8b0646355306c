/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/inbox/row_json.h"

#include "lib/json/json.h"

enum {
	GROUP = 16,	/* columns in one pair of brackets: depth is limited */
	KEY_TEXT = 256, /* bytes; a longer key is told as null */
	PIECE = 512,	/* characters; finding the n-th takes n steps */
	CHARACTERS = 8	/* that are looked at in one expression */
};

/* ---- quoting */

void sql_quote(struct buf *out, struct span text, char quote)
{
	buf_add_char(out, quote);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == quote)
			buf_add_char(out, quote);
		buf_add_char(out, text.at[i]);
	}
	buf_add_char(out, quote);
}

void sql_json_string(struct buf *out, const char *before, const char *text,
	const char *after)
{
	struct buf json = {0};

	buf_add_span(&json, span_of(before));
	json_quote(&json, span_of(text));
	buf_add_span(&json, span_of(after));
	sql_quote(out, buf_span(&json), '\'');
	buf_release(&json);
}

static void add(struct buf *out, const char *sql)
{
	buf_add_span(out, span_of(sql));
}

static void add_column(
	struct buf *out, const char *row, const struct row_column *column)
{
	buf_printf(out, "%s.", row);
	sql_quote(out, span_of(column->name), '"');
}

/* Its bytes; length() alone ends at a NUL. */
static void add_length(
	struct buf *out, const char *row, const struct row_column *column)
{
	add(out, "ifnull(length(CAST(");
	add_column(out, row, column);
	add(out, " AS BLOB)), 0)");
}

/* ---- a value */

/* The 15 digits that a person wrote where they are the same number, which is
 * found out by a division that is exact; else 17, with which it always is. */
static const char real_sql[] =
	"CASE WHEN abs(v) < 1.8e308 THEN "
	"CASE WHEN instr(printf('%!.15g', v), 'e') = 0"
	" AND CAST(replace(printf('%!.15g', v), '.', '') AS INTEGER)"
	" / CAST('1e' || (length(printf('%!.15g', v))"
	" - instr(printf('%!.15g', v), '.')) AS REAL) = v"
	" THEN printf('%!.15g', v) ELSE printf('%!.17g', v) END"
	" ELSE 'null' END";

/* || takes the mark from a text that json() made, without which it were told as
 * an object now and as a text later. */
static void add_value(struct buf *out)
{
	add(out, "CASE typeof(v) WHEN 'text' THEN json_quote(v || '')"
		 " WHEN 'integer' THEN '' || v WHEN 'real' THEN ");
	add(out, real_sql);
	add(out, " WHEN 'blob' THEN '\"' || hex(v) || '\"' ELSE 'null' END");
}

/* The plus takes a column's affinity away, with which comparisons of v were to
 * compare texts. */
static void add_cell(struct buf *out, const char *row,
	const struct row_column *column, bool key)
{
	if (!key) {
		buf_add_char(out, '+');
		add_column(out, row, column);
		return;
	}
	add(out, "CASE WHEN ");
	add_length(out, row, column);
	buf_printf(out, " <= %d THEN ", KEY_TEXT);
	add_column(out, row, column);
	add(out, " END");
}

/* Rows of n, the column's name with a comma before all but the first, and v. */
static void add_cells(struct buf *out, const char *row,
	const struct row_column *columns, size_t count, bool key)
{
	size_t added = 0;

	for (size_t i = 0; i < count; i++) {
		if (key ? !columns[i].key : columns[i].bare)
			continue;
		add(out, added == 0   ? "SELECT "
			 : added == 1 ? " UNION ALL VALUES ("
				      : ", (");
		sql_json_string(out, "", columns[i].name, ":");
		add(out, added == 0 ? " AS n, " : ", ");
		add_cell(out, row, &columns[i], key);
		add(out, added++ == 0 ? " AS v" : ")");
	}
}

/* ---- UTF-8 */

/* So many numbers from 0 on, and one more, as column key. */
static void add_numbers(struct buf *out, const char *count)
{
	buf_printf(out,
		"json_each('[0' || replace(hex(zeroblob(%s)), '00', ',0')"
		" || ']')",
		count);
}

/* What SQLite reads in c, character by character, written again; NULL if it is
 * ASCII. */
static void add_rewritten(struct buf *out)
{
	add(out, "CASE WHEN c GLOB '*[^ -~]*' THEN substr(char(");
	for (int i = 1; i <= CHARACTERS; i++)
		buf_printf(out, "%sunicode(substr(c, %d, 1))",
			i == 1 ? "" : ", ", i);
	add(out, "), 1, length(c)) END");
}

/* SQLite has no function for it.  But it reads what is no UTF-8 as some other
 * character, and so it does with U+FFFE and U+FFFF, which are fine.  LIMIT -1
 * keeps it from putting one expression into the other, many times over. */
void row_not_utf8(struct buf *out, const char *name)
{
	struct buf count = {0};

	buf_printf(out,
		"(%s GLOB '*[^ -~]*' AND EXISTS (SELECT 1 FROM (SELECT c, ",
		name);
	add_rewritten(out);
	buf_printf(out,
		" AS r FROM (SELECT substr(piece, %d * key + 1, %d) AS c"
		" FROM (SELECT substr(%s, %d * key + 1, %d) AS piece FROM ",
		CHARACTERS, CHARACTERS, name, PIECE, PIECE);
	buf_printf(&count, "length(%s) / %d%c", name, PIECE, '\0');
	add_numbers(out, count.at);
	buf_clear(&count);
	buf_printf(&count, "length(piece) / %d%c", CHARACTERS, '\0');
	add(out, " LIMIT -1), ");
	add_numbers(out, count.at);
	add(out,
		" LIMIT -1) LIMIT -1) WHERE c <> r AND replace(replace(c,"
		" char(65534), char(65533)), char(65535), char(65533)) <> r))");
	buf_release(&count);
}

/* ---- a row */

void row_json(struct buf *out, const char *row,
	const struct row_column *columns, size_t count)
{
	add(out, "(SELECT '{' || group_concat(n || ");
	add_value(out);
	add(out, ") || '}' FROM (");
	add_cells(out, row, columns, count, false);
	add(out, "))");
}

void row_json_key(struct buf *out, const char *row,
	const struct row_column *columns, size_t count, bool texts)
{
	add(out, "(SELECT '{' || group_concat(n || ");
	if (texts)
		add_value(out);
	else
		add(out,
			"CASE typeof(v) WHEN 'integer' THEN v ELSE 'null' END");
	add(out, ") || '}' FROM (");
	add_cells(out, row, columns, count, true);
	add(out, "))");
}

void row_length(struct buf *out, const char *row,
	const struct row_column *columns, size_t count)
{
	size_t added = 0;

	add(out, "(0");
	for (size_t i = 0; i < count; i++) {
		if (columns[i].bare)
			continue;
		if (++added % GROUP == 0)
			add(out, ") + (0");
		add(out, " + ");
		add_length(out, row, &columns[i]);
	}
	buf_add_char(out, ')');
}
