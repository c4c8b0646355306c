/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_INBOX_ROW_JSON_H
#define TIDINGS_CLIENT_INBOX_ROW_JSON_H
/*
 * row_json - a row as JSON: the SQL that a trigger computes it with
 *
 * A text is a string, a blob one in hexadecimal; a whole number is exact, any
 * other has the digits with which it is read back as the same (SQLite 3.40 may
 * miss the last one beyond 1e100).  What JSON has no number for is null.
 *
 * Columns stand in rows of their own, (name, value), and what becomes of a
 * value is written once: an expression of hundreds of them is long to parse for
 * each program that opens the database.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

struct row_column {
	char *name; /* owned by whoever made it */
	bool key;   /* part of the primary key */
	bool bare;  /* no column: the rowid of a table without a key */
};

/* `text` between two `quote`s, those in it doubled. */
void sql_quote(struct buf *out, struct span text, char quote);
/* An SQL string: `before`, the JSON string for `text`, `after`. */
void sql_json_string(struct buf *out, const char *before, const char *text,
	const char *after);

/* Each appends an expression.  `row` is NEW or OLD. */

/* The columns of `row` as an object. */
void row_json(struct buf *out, const char *row,
	const struct row_column *columns, size_t count);
/* Those of its primary key; one that is long is null, and without `texts` all
 * but whole numbers are. */
void row_json_key(struct buf *out, const char *row,
	const struct row_column *columns, size_t count, bool texts);
/* Bytes of all columns together. */
void row_length(struct buf *out, const char *row,
	const struct row_column *columns, size_t count);
/* True if the column `name` has a text that is no UTF-8: it may have come from
 * a program that stored another encoding, and SQLite takes what it gets. */
void row_not_utf8(struct buf *out, const char *name);

#endif
