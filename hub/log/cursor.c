/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/cursor.h"

#include "hub/log/disk/statement.h"

static void bind(struct query *query, const uint8_t *identity)
{
	query_bind_blob(
		query, 1, span((const char *)identity, CURSOR_IDENTITY));
}

bool cursor_look(struct cursors *cursors, const uint8_t *identity,
	uint64_t *cursor, struct buf *name)
{
	struct query *query = &cursors->look;
	bool found;

	bind(query, identity);
	found = store_step(cursors->store, query);
	if (found) {
		*cursor = query_int(query, 0);
		buf_add_span(name, query_bytes(query, 1));
	}
	store_end(query);
	return found;
}

static void forget_old(
	struct cursors *cursors, struct query *query, const char *name)
{
	query_bind_text(query, 1, span_of(name));
	query_bind_int(query, 2, CURSOR_PER_NAME);
	store_run(cursors->store, query);
}

void cursor_enter(struct cursors *cursors, const uint8_t *identity,
	const char *name, uint64_t cursor)
{
	bind(&cursors->enter, identity);
	query_bind_int(&cursors->enter, 2, cursor);
	query_bind_text(&cursors->enter, 3, span_of(name));
	store_run(cursors->store, &cursors->enter);
	forget_old(cursors, &cursors->forget_reasons, name);
	forget_old(cursors, &cursors->forget, name);
}

void cursor_move(
	struct cursors *cursors, const uint8_t *identity, uint64_t cursor)
{
	bind(&cursors->move, identity);
	query_bind_int(&cursors->move, 2, cursor);
	store_run(cursors->store, &cursors->move);
}

/* ---- refused rows */

size_t cursor_count_reasons(struct cursors *cursors, const uint8_t *identity)
{
	struct query *query = &cursors->count;
	size_t count = 0;

	bind(query, identity);
	if (store_step(cursors->store, query))
		count = query_int(query, 0);
	store_end(query);
	return count;
}

void cursor_add_reason(struct cursors *cursors, const uint8_t *identity,
	uint64_t row, struct span reason)
{
	bind(&cursors->add, identity);
	query_bind_int(&cursors->add, 2, row);
	query_bind_text(&cursors->add, 3, reason);
	store_run(cursors->store, &cursors->add);
}

void cursor_drop_reason(
	struct cursors *cursors, const uint8_t *identity, uint64_t row)
{
	bind(&cursors->drop, identity);
	query_bind_int(&cursors->drop, 2, row);
	store_run(cursors->store, &cursors->drop);
}

void cursor_each_reason(struct cursors *cursors, const uint8_t *identity,
	size_t most, void (*each)(void *arg, uint64_t row, struct span reason),
	void *arg)
{
	struct query *query = &cursors->reasons;

	bind(query, identity);
	query_bind_int(query, 2, most);
	while (store_step(cursors->store, query))
		each(arg, query_int(query, 0), query_bytes(query, 1));
	store_end(query);
}

/* ---- beginning and end */

static const struct statement statements[] = {
	{offsetof(struct cursors, look),
		"SELECT cursor, name FROM inbox WHERE identity = ?"},
	{offsetof(struct cursors, move),
		"UPDATE inbox SET cursor = ?2 WHERE identity = ?1"},
	/* Replaced, it is the last one again. */
	{offsetof(struct cursors, enter),
		"INSERT OR REPLACE INTO inbox(identity, cursor, name)"
		" VALUES(?, ?, ?)"},
	{offsetof(struct cursors, forget_reasons),
		"DELETE FROM inbox_error WHERE identity IN (SELECT identity"
		" FROM inbox WHERE name = ? ORDER BY rowid DESC"
		" LIMIT -1 OFFSET ?)"},
	{offsetof(struct cursors, forget),
		"DELETE FROM inbox WHERE rowid IN (SELECT rowid"
		" FROM inbox WHERE name = ? ORDER BY rowid DESC"
		" LIMIT -1 OFFSET ?)"},
	{offsetof(struct cursors, count),
		"SELECT count(*) FROM inbox_error WHERE identity = ?"},
	{offsetof(struct cursors, add),
		"INSERT OR REPLACE INTO inbox_error(identity, row, reason)"
		" VALUES(?, ?, ?)"},
	{offsetof(struct cursors, drop),
		"DELETE FROM inbox_error WHERE identity = ? AND row = ?"},
	{offsetof(struct cursors, reasons),
		"SELECT row, reason FROM inbox_error WHERE identity = ?"
		" ORDER BY row LIMIT ?"},
	{0},
};

void cursors_open(struct cursors *cursors, struct store *store)
{
	*cursors = (struct cursors){.store = store};
	statements_prepare(statements, cursors, store);
}

void cursors_close(struct cursors *cursors)
{
	statements_release(statements, cursors);
}
