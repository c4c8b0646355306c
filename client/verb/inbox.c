/* SPDX-License-Identifier: MIT */
/*
 * inbox - makes an application's own SQLite database one that publishes
 *
 * Works on the file, not on the server: one transaction, all or nothing, and
 * done again it changes nothing but triggers whose table has changed.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/inbox/section.h"
#include "client/inbox/triggers.h"
#include "client/option/option.h"
#include "client/verbs.h"
#include "lib/db/outbox_table.h"
#include "lib/db/outbox_triggers.h"
#include "lib/text.h"

enum { LOCK_MS = 5000 }; /* an application may hold the lock for so long */

struct work {
	struct db db;
	const char *path;
	struct buf done; /* lines, told once they are true */
};

static enum exit_status trouble(const struct work *work, enum db_result result)
{
	if (result == DB_BUSY)
		return fail(EXIT_FILE,
			"%s: another program has held its lock for %d s",
			work->path, LOCK_MS / 1000);
	return fail(EXIT_FILE, "%s: %s", work->path, db_error(&work->db));
}

static enum exit_status run_sql(struct work *work, const char *sql)
{
	enum db_result result = db_run(&work->db, sql);

	return result == DB_DONE ? EXIT_OK : trouble(work, result);
}

/* ---- the table */

static enum exit_status make_table(struct work *work)
{
	static const char columns[] =
		"SELECT id, channel, event, data, key, created_at, error"
		" FROM main.broadcast";
	struct query query = {0};
	bool found;
	const char *fault;
	enum db_result result = outbox_table_look(&work->db, &found, &fault);

	if (result != DB_DONE)
		return trouble(work, result);
	if (fault != NULL)
		return fail(EXIT_FILE, "%s: %s", work->path, fault);
	if (!found) {
		result = outbox_table_make(&work->db);
		buf_printf(&work->done, "the table broadcast is made\n");
		return result == DB_DONE ? EXIT_OK : trouble(work, result);
	}
	result = db_prepare(&work->db, &query, columns);
	query_release(&query);
	if (result != DB_DONE)
		return fail(EXIT_FILE,
			"%s: its table broadcast is of another kind: %s",
			work->path, db_error(&work->db));
	buf_printf(&work->done, "the table broadcast is there already\n");
	return EXIT_OK;
}

/* ---- its triggers */

/* Would the table take what the triggers insert?  If not, the application's own
 * statements were to fail. */
static enum exit_status try_event(struct work *work, const char *channel)
{
	struct query query = {0};
	enum exit_status exit_status = run_sql(work, "SAVEPOINT tidings");
	enum db_result result;

	if (exit_status != EXIT_OK)
		return exit_status;
	result = db_prepare(&work->db, &query,
		"INSERT INTO main.broadcast(channel, event, data)"
		" VALUES (?, 'insert', '{}')");
	if (result == DB_DONE) {
		query_bind_text(&query, 1, span_of(channel));
		result = query_run(&query);
	}
	if (result != DB_DONE)
		exit_status = trouble(work, result);
	query_release(&query);
	if (exit_status != EXIT_OK)
		return exit_status; /* all of it is rolled back */
	return run_sql(work, "ROLLBACK TO tidings; RELEASE tidings");
}

/* Runs `sql`, which drops those of `table` and may make them anew, if it could
 * be put together (`result`). */
static enum exit_status change_triggers(struct work *work, const char *table,
	struct buf *sql, enum db_result result)
{
	buf_add_char(sql, '\0');
	if (result == DB_DONE)
		result = outbox_triggers_forget(&work->db, table);
	return result == DB_DONE ? run_sql(work, sql->at)
				 : trouble(work, result);
}

static enum exit_status add_triggers(
	struct work *work, const char *name, const char *channel)
{
	struct buf sql = {0};
	enum db_result result = triggers_sql(&work->db, name, channel, &sql);
	enum exit_status exit_status =
		change_triggers(work, name, &sql, result);

	if (exit_status == EXIT_OK) {
		result = outbox_triggers_record(&work->db, name, channel);
		if (result != DB_DONE)
			exit_status = trouble(work, result);
	}
	if (exit_status == EXIT_OK)
		exit_status = try_event(work, channel);
	buf_release(&sql);
	buf_printf(&work->done, "changes of %s are published on channel %s\n",
		name, channel);
	return exit_status;
}

static enum exit_status publish_changes(struct work *work, const char *table)
{
	const char *channel = option_text("channel"), *fault;
	struct buf name = {0};
	enum exit_status exit_status;
	enum db_result result = triggers_table(&work->db, table, &name, &fault);

	if (fault == NULL && channel == NULL)
		channel = name.at;
	if (fault == NULL)
		fault = text_channel_fault(span_of(channel));
	if (result != DB_DONE)
		exit_status = trouble(work, result);
	else if (fault != NULL)
		exit_status = fail(
			EXIT_USAGE, "%s: %s: %s", work->path, table, fault);
	else
		exit_status = add_triggers(work, name.at, channel);
	buf_release(&name);
	return exit_status;
}

static enum exit_status leave_changes(struct work *work, const char *table)
{
	struct buf sql = {0};
	enum db_result result = triggers_off_sql(&work->db, table, &sql);
	enum exit_status exit_status =
		change_triggers(work, table, &sql, result);

	buf_release(&sql);
	buf_printf(&work->done, "changes of %s are not published\n", table);
	return exit_status;
}

static enum exit_status for_each(struct work *work, const char *option,
	enum exit_status (*run)(struct work *, const char *))
{
	enum exit_status exit_status = EXIT_OK;
	struct span item;

	for (size_t i = 0;
		exit_status == EXIT_OK && option_item(option, i, &item); i++) {
		char *table = mem_text(item);

		exit_status = run(work, table);
		free(table);
	}
	return exit_status;
}

/* ---- the whole */

static enum exit_status advise_journal(struct work *work)
{
	bool wal;
	enum db_result result =
		db_answers(&work->db, "PRAGMA journal_mode", "wal", &wal);

	if (result != DB_DONE)
		return trouble(work, result);
	if (!wal)
		buf_printf(&work->done,
			"set its journal mode to WAL, so that "
			"nobody waits while the hub reads it\n");
	return EXIT_OK;
}

static enum exit_status change_file(struct work *work)
{
	enum exit_status exit_status = run_sql(work, "BEGIN IMMEDIATE");

	if (exit_status == EXIT_OK)
		exit_status = make_table(work);
	if (exit_status == EXIT_OK)
		exit_status = advise_journal(work);
	if (exit_status == EXIT_OK)
		exit_status = for_each(work, "off", leave_changes);
	if (exit_status == EXIT_OK)
		exit_status = for_each(work, "on", publish_changes);
	return exit_status == EXIT_OK ? run_sql(work, "COMMIT") : exit_status;
}

static void tell(const struct work *work)
{
	const char *line = work->done.at, *end = line + work->done.len;

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		say("%s: %.*s", work->path, (int)(stop - line), line);
		line = stop + 1;
	}
}

static enum exit_status look_at_file(const struct work *work)
{
	struct stat file;

	if (stat(work->path, &file) < 0)
		return fail_errno(EXIT_FILE, "%s", work->path);
	if (!S_ISREG(file.st_mode))
		return fail(EXIT_FILE, "%s: this is not a regular file",
			work->path);
	return EXIT_OK;
}

static bool is_only_taken_out(void)
{
	struct span item;

	return option_item("off", 0, &item) && !option_item("on", 0, &item);
}

static enum exit_status init(const char *path)
{
	struct work work = {.path = path};
	enum exit_status exit_status = look_at_file(&work);
	enum db_result result;

	if (exit_status != EXIT_OK)
		return exit_status;
	result = db_open(&work.db, path, DB_FOREIGN);
	if (result == DB_DONE) {
		db_wait(&work.db, LOCK_MS);
		exit_status = change_file(&work);
		if (exit_status != EXIT_OK)
			db_roll_back(&work.db);
	} else {
		exit_status = trouble(&work, result);
	}
	db_close(&work.db);
	if (exit_status == EXIT_OK)
		tell(&work);
	buf_release(&work.done);
	if (exit_status != EXIT_OK || is_only_taken_out())
		return exit_status;
	return section_print(work.path);
}

static enum exit_status run_inbox(void)
{
	if (strcmp(argument(0), "init") != 0)
		return fail(EXIT_USAGE,
			"inbox: unknown word \"%s\"; did you mean `tidings "
			"inbox init FILE.db`? (tidings inbox --help)",
			argument(0));
	return init(argument(1));
}

static const struct option_row rows[] = {
	{"on", 'o', LIST, "TABLE", NULL,
		"publish inserts, updates and deletes of TABLE, too"},
	{"off", '\0', LIST, "TABLE", NULL, "publish those of TABLE no longer"},
	{"channel", 'C', TEXT, "NAME", NULL,
		"publish them on it instead of one named as the table"},
	{0},
};

const struct verb verb_inbox = {
	.name = "inbox",
	.arguments = "init FILE.db",
	.summary = "let an application's SQLite database publish",
	.more = "Adds the table broadcast to FILE.db: a row that is inserted "
		"there is an event.\nWith --on, which may be given several "
		"times, triggers publish what happens to a\ntable as JSON, so "
		"that the application stays as it is.  Prints what "
		"tidings.conf\nneeds to know.",
	.examples = "tidings inbox init shop.db\n"
		    "tidings inbox init shop.db --on orders --on items",
	.group = "Set up",
	.rows = rows,
	.least = 2,
	.most = 2,
	.run = run_inbox,
};
