#include "config.h"

#include "hub/inbox_error.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/log.h"

enum {
	TELL = 200,	     /* reasons written at once */
	VALUE_MAX = 1 << 30, /* SQLite's own limit, about */
};

static struct inbox_error *all(const struct inbox *inbox)
{
	return (struct inbox_error *)(void *)inbox->errors.at;
}

size_t errors_count(const struct inbox *inbox)
{
	return inbox->errors.len / sizeof(struct inbox_error);
}

static void push(
	struct inbox *inbox, uint64_t row, struct span reason, bool stored)
{
	struct inbox_error error = {
		.row = row,
		.reason = mem_text(reason),
		.stored = stored,
	};

	buf_add(&inbox->errors, &error, sizeof(error));
}

/* Keeps those for which `stays` holds. */
static void keep(
	struct inbox *inbox, bool (*stays)(const struct inbox_error *error))
{
	struct inbox_error *errors = all(inbox);
	size_t count = errors_count(inbox), kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (stays(&errors[i]))
			errors[kept++] = errors[i];
		else
			free(errors[i].reason);
	}
	inbox->errors.len = kept * sizeof(*errors);
}

static bool none(const struct inbox_error *error)
{
	(void)error;
	return false;
}

void errors_forget(struct inbox *inbox)
{
	keep(inbox, none);
}

void errors_read(struct inbox *inbox)
{
	struct query query = {0};

	errors_forget(inbox);
	store_prepare(&inbox->ledger->store, &query,
		"SELECT row, reason FROM inbox_error WHERE identity = ?"
		" ORDER BY row");
	query_bind_blob(&query, 1, span(inbox->file.identity, INBOX_IDENTITY));
	while (store_step(&inbox->ledger->store, &query))
		push(inbox, query_int(&query, 0), query_bytes(&query, 1), true);
	query_release(&query);
}

void errors_add(struct inbox *inbox, uint64_t row, const char *reason)
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

void errors_write(struct inbox *inbox)
{
	struct inbox_error *errors = all(inbox);

	for (size_t i = 0; i < errors_count(inbox); i++) {
		if (errors[i].written)
			run(inbox,
				"DELETE FROM inbox_error"
				" WHERE identity = ? AND row = ?",
				NULL, errors[i].row);
		else if (!errors[i].stored)
			run(inbox,
				"INSERT OR REPLACE INTO"
				" inbox_error(identity, row, reason)"
				" VALUES(?, ?, ?)",
				errors[i].reason, errors[i].row);
	}
}

static void say(struct inbox *inbox, const struct inbox_error *error)
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

static bool not_written(const struct inbox_error *error)
{
	return !error->written;
}

void errors_settle(struct inbox *inbox)
{
	struct inbox_error *errors = all(inbox);

	if (errors_count(inbox) == 0)
		return;
	for (size_t i = 0; i < errors_count(inbox); i++) {
		if (!errors[i].stored)
			say(inbox, &errors[i]);
		errors[i].stored = true;
	}
	keep(inbox, not_written);
}

static bool is_stored(const struct inbox_error *error)
{
	return error->stored;
}

void errors_revert(struct inbox *inbox)
{
	keep(inbox, is_stored);
}

/* One transaction in the inbox, at most TELL rows; false if it was locked. */
static bool tell_some(struct inbox *inbox, size_t *told)
{
	struct inbox_error *errors = all(inbox);
	struct query *set = &inbox->file.set_error;
	struct db *db = &inbox->file.db;

	*told = 0;
	if (db_run(db, "BEGIN IMMEDIATE") != DB_DONE)
		return false;
	for (; *told < errors_count(inbox) && *told < TELL; ++*told) {
		query_bind_text(set, 1, span_of(errors[*told].reason));
		query_bind_int(set, 2, errors[*told].row);
		switch (query_run(set)) {
		case DB_ROW:
		case DB_DONE:
		case DB_REFUSED: /* their own rule; it has been logged */
		case DB_TOOBIG:
			continue;
		case DB_FULL:
		case DB_BUSY:
		case DB_BROKEN:
			if (db_in_transaction(db))
				db_run(db, "ROLLBACK");
			return false;
		}
	}
	if (db_run(db, "COMMIT") == DB_DONE)
		return true;
	if (db_in_transaction(db))
		db_run(db, "ROLLBACK");
	return false;
}

void errors_tell(struct inbox *inbox)
{
	struct inbox_error *errors = all(inbox);
	size_t told;
	bool done;

	if (errors_count(inbox) == 0)
		return;
	/* This one must outlive a power cut, as the log forgets it next; and to
	 * change a row that is too long is to write it whole. */
	db_run(&inbox->file.db, "PRAGMA synchronous = EXTRA");
	db_limit(&inbox->file.db, VALUE_MAX);
	done = tell_some(inbox, &told);
	db_limit(&inbox->file.db, INBOX_VALUE_MAX);
	if (inbox->file.wal)
		db_run(&inbox->file.db, "PRAGMA synchronous = NORMAL");
	if (!done || !store_begin(&inbox->ledger->store))
		return;
	for (size_t i = 0; i < told; i++)
		errors[i].written = true;
}
