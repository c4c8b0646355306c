/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/inbox/rejects.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/log.h"

enum {
	TELL = 200,	     /* reasons written at once */
	VALUE_MAX = 1 << 30, /* SQLite's own limit, about */
};

static struct reject *all(const struct inbox *inbox)
{
	return (struct reject *)(void *)inbox->rejects.at;
}

size_t rejects_count(const struct inbox *inbox)
{
	return inbox->rejects.len / sizeof(struct reject);
}

static void push(
	struct inbox *inbox, uint64_t row, struct span reason, bool stored)
{
	struct reject error = {
		.row = row,
		.reason = mem_text(reason),
		.stored = stored,
	};

	buf_add(&inbox->rejects, &error, sizeof(error));
}

/* Keeps those for which `stays` holds. */
static void keep(struct inbox *inbox, bool (*stays)(const struct reject *error))
{
	struct reject *rejects = all(inbox);
	size_t count = rejects_count(inbox), kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (stays(&rejects[i]))
			rejects[kept++] = rejects[i];
		else
			free(rejects[i].reason);
	}
	inbox->rejects.len = kept * sizeof(*rejects);
}

static bool none(const struct reject *error)
{
	(void)error;
	return false;
}

void rejects_forget(struct inbox *inbox)
{
	keep(inbox, none);
}

void rejects_read(struct inbox *inbox)
{
	struct query query = {0};

	rejects_forget(inbox);
	store_prepare(&inbox->ledger->store, &query,
		"SELECT row, reason FROM inbox_error WHERE identity = ?"
		" ORDER BY row");
	query_bind_blob(&query, 1, span(inbox->file.identity, INBOX_IDENTITY));
	while (store_step(&inbox->ledger->store, &query))
		push(inbox, query_int(&query, 0), query_bytes(&query, 1), true);
	query_release(&query);
}

void rejects_add(struct inbox *inbox, uint64_t row, const char *reason)
{
	push(inbox, row, span_of(reason), false);
}

static void run(
	struct inbox *inbox, const char *sql, const char *reason, uint64_t row)
{
	struct store *store = &inbox->ledger->store;
	struct query query = {0};

	store_prepare(store, &query, sql);
	query_bind_blob(&query, 1, span(inbox->file.identity, INBOX_IDENTITY));
	query_bind_int(&query, 2, row);
	if (reason != NULL)
		query_bind_text(&query, 3, span_of(reason));
	store_run(store, &query);
	query_release(&query);
}

void rejects_write(struct inbox *inbox)
{
	struct reject *rejects = all(inbox);

	for (size_t i = 0; i < rejects_count(inbox); i++) {
		if (rejects[i].written)
			run(inbox,
				"DELETE FROM inbox_error"
				" WHERE identity = ? AND row = ?",
				NULL, rejects[i].row);
		else if (!rejects[i].stored)
			run(inbox,
				"INSERT OR REPLACE INTO"
				" inbox_error(identity, row, reason)"
				" VALUES(?, ?, ?)",
				rejects[i].reason, rejects[i].row);
	}
}

static void say(struct inbox *inbox, const struct reject *error)
{
	uint64_t second = clock_now_us(inbox->ledger->clock) / 1000000;

	if (second != inbox->lines_second)
		inbox->lines = 0;
	inbox->lines_second = second;
	if (inbox->lines++ < INBOX_LINES)
		log_warnx("inbox %s: row %" PRId64 " not published: %s",
			inbox->config->name, (int64_t)error->row,
			error->reason);
	else if (inbox->lines == INBOX_LINES + 1)
		log_warnx("inbox %s: more rows not published: see their column "
			  "error",
			inbox->config->name);
}

static bool not_written(const struct reject *error)
{
	return !error->written;
}

void rejects_settle(struct inbox *inbox)
{
	struct reject *rejects = all(inbox);

	if (rejects_count(inbox) == 0)
		return;
	for (size_t i = 0; i < rejects_count(inbox); i++) {
		if (!rejects[i].stored)
			say(inbox, &rejects[i]);
		rejects[i].stored = true;
	}
	keep(inbox, not_written);
}

static bool is_stored(const struct reject *error)
{
	return error->stored;
}

void rejects_revert(struct inbox *inbox)
{
	keep(inbox, is_stored);
}

/* One reason, in a transaction of the inbox; false if it has to wait. */
static bool tell_one(struct inbox *inbox, const struct reject *error)
{
	struct query *set = &inbox->file.set_error;

	query_bind_text(set, 1, span_of(error->reason));
	query_bind_int(set, 2, error->row);
	switch (query_run(set)) {
	case DB_DONE:
	case DB_REFUSED: /* their own rule; it has been logged */
	case DB_TOOBIG:
		return true;
	case DB_FULL:
	case DB_BUSY:
	case DB_BROKEN:
		break;
	}
	return false;
}

/* One transaction in the inbox, at most TELL rows; false if it was locked. */
static bool tell_some(struct inbox *inbox, size_t *told)
{
	struct reject *rejects = all(inbox);
	struct db *db = &inbox->file.db;
	bool done = true;

	*told = 0;
	if (db_run(db, "BEGIN IMMEDIATE") != DB_DONE)
		return false;
	while (done && *told < rejects_count(inbox) && *told < TELL) {
		done = tell_one(inbox, &rejects[*told]);
		++*told;
	}
	if (done && db_run(db, "COMMIT") == DB_DONE)
		return true;
	db_roll_back(db);
	return false;
}

/* This one must outlive a power cut, as the log forgets it next; and to change
 * a row that is too long is to write it whole. */
static bool tell_for_good(struct inbox *inbox, size_t *told)
{
	struct db *db = &inbox->file.db;
	bool done;

	if (db_run(db, "PRAGMA synchronous = EXTRA") != DB_DONE)
		return false;
	db_limit(db, VALUE_MAX);
	done = tell_some(inbox, told);
	db_limit(db, INBOX_VALUE_MAX);
	if (!inbox->file.wal)
		return done;
	/* If not, they are told once more. */
	return db_run(db, "PRAGMA synchronous = NORMAL") == DB_DONE && done;
}

void rejects_tell(struct inbox *inbox)
{
	struct reject *rejects = all(inbox);
	size_t told;

	if (rejects_count(inbox) == 0 || !tell_for_good(inbox, &told) ||
		!store_begin(&inbox->ledger->store))
		return;
	for (size_t i = 0; i < told; i++)
		rejects[i].written = true;
}
