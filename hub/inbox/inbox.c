/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/inbox/inbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hub/inbox/rejects.h"
#include "hub/inbox/row.h"
#include "lib/log.h"

void inbox_init(struct inbox *inbox, struct ledger *ledger,
	const struct config_inbox *config)
{
	inbox->ledger = ledger;
	inbox->config = config;
	lock_owner_init(&inbox->lock_owner);
}

void inbox_release(struct inbox *inbox)
{
	inbox_file_close(&inbox->file);
	lock_owner_close(&inbox->lock_owner);
	rejects_forget(inbox);
	buf_release(&inbox->rejects);
}

void inbox_say(struct inbox *inbox, const char *sentence)
{
	if (strcmp(inbox->said, sentence) == 0)
		return;
	strncpy(inbox->said, sentence, sizeof(inbox->said) - 1);
	log_warnx("inbox %s (%s): %s", inbox->config->name, inbox->config->path,
		sentence);
}

/* Back to AWAY, for this reason. */
static void lose(struct inbox *inbox, const char *why)
{
	inbox_say(inbox, why);
	inbox_file_close(&inbox->file);
	lock_owner_close(&inbox->lock_owner);
	rejects_forget(inbox);
	inbox->state = AWAY;
	inbox->due = inbox->broken = inbox->untidy = inbox->fresh = false;
	inbox->littered = false;
	inbox->version = 0;
	inbox->draft = inbox->cursor = 0;
}

/* ---- opening */

static void read_cursor(struct inbox *inbox)
{
	struct query query = {0};

	store_prepare(&inbox->ledger->store, &query,
		"SELECT cursor FROM inbox WHERE identity = ?");
	query_bind_blob(&query, 1, span(inbox->file.identity, INBOX_IDENTITY));
	inbox->cursor = 0;
	if (store_step(&inbox->ledger->store, &query))
		inbox->cursor = query_int(&query, 0);
	query_release(&query);
	inbox->draft = inbox->cursor;
	if (memcmp(inbox->known, inbox->file.identity, INBOX_IDENTITY) != 0)
		inbox->consumed = 0;
	memcpy(inbox->known, inbox->file.identity, INBOX_IDENTITY);
}

static const struct inbox *twin(
	const struct inbox *inbox, const struct inbox *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (&all[i] != inbox && all[i].state == OPEN &&
			memcmp(all[i].file.identity, inbox->file.identity,
				INBOX_IDENTITY) == 0)
			return &all[i];
	return NULL;
}

static void stop(struct inbox *inbox, const char *why)
{
	lose(inbox, why);
	inbox->state = STOPPED;
}

/* An older copy of the file would hand out ids again that were published: its
 * new rows would be passed over in silence.  It is stopped then; anything but
 * DB_DONE: that is not known yet. */
static enum db_result stop_older(struct inbox *inbox)
{
	struct query *query = &inbox->file.sequence;
	uint64_t sequence = 0;
	struct buf why = {0};
	enum db_result got;

	if (query_next(query))
		sequence = query_int(query, 0);
	got = query_end(query);
	if (got != DB_DONE || sequence >= inbox->cursor)
		return got;
	buf_printf(&why,
		"stopped: its ids go up to %" PRIu64 ", but %" PRIu64
		" was already published: this is an older copy (to publish all "
		"its rows, drop its table tidings_identity)",
		sequence, inbox->cursor);
	buf_add_char(&why, '\0');
	stop(inbox, why.at);
	buf_release(&why);
	return DB_DONE;
}

static void try_open(struct inbox *inbox, const struct inbox *all, size_t count)
{
	const char *why = inbox_file_open(
		&inbox->file, inbox->config, inbox->ledger->config->log_path);

	if (why != NULL) {
		inbox_say(inbox, why);
		return;
	}
	if (twin(inbox, all, count) != NULL) {
		stop(inbox,
			"stopped: another inbox is the same file, or a copy "
			"of it");
		return;
	}
	read_cursor(inbox);
	rejects_read(inbox);
	inbox->state = OPEN;
	if (stop_older(inbox) != DB_DONE)
		lose(inbox, db_error(&inbox->file.db));
	if (inbox->state != OPEN)
		return;
	lock_owner_open(&inbox->lock_owner, &inbox->file.db, inbox->file.wal);
	inbox->due = inbox->untidy = inbox->fresh = true;
}

/* Not said when it is opened: one that can be opened but not read would say so
 * again and again. */
static void say_open(struct inbox *inbox, uint64_t cursor)
{
	if (!inbox->fresh)
		return;
	inbox->fresh = false;
	inbox->said[0] = '\0';
	log_info("inbox %s (%s): open, after row %" PRIu64, inbox->config->name,
		inbox->config->path, cursor);
}

static void look_for_rows(struct inbox *inbox)
{
	enum db_result got = stop_older(inbox);

	if (got == DB_DONE && inbox->state != OPEN)
		return; /* what is not known now, the next look finds out */
	inbox->due = true;
	lock_owner_look(
		&inbox->lock_owner, &inbox->file.version, inbox->config->name);
}

static void look_at_open(struct inbox *inbox, bool moved)
{
	const char *why;

	if (moved) /* a copy may have rows again that are gone */
		memset(inbox->known, 0, sizeof(inbox->known));
	if (inbox->broken)
		lose(inbox, inbox->said);
	else if (moved)
		lose(inbox, "was removed or replaced");
	else if (inbox_file_split(&inbox->file))
		lose(inbox, "its write-ahead log was removed or replaced");
	else if ((why = inbox_file_ruined(&inbox->file)) != NULL)
		lose(inbox, why);
	else
		look_for_rows(inbox);
}

void inbox_look(struct inbox *inbox, const struct inbox *all, size_t count)
{
	bool moved = inbox_file_moved(&inbox->file, inbox->config->path);

	switch (inbox->state) {
	case AWAY:
		try_open(inbox, all, count);
		break;
	case OPEN:
		look_at_open(inbox, moved);
		break;
	case STOPPED:
		if (moved)
			inbox->state = AWAY;
		else if (clock_now_us(inbox->ledger->clock) >=
			 inbox->rest_until) {
			inbox->rest_until =
				clock_now_us(inbox->ledger->clock) + 2000000;
			inbox->state = AWAY;
			try_open(inbox, all, count);
		}
		break;
	}
}

/* ---- reading */

/* The next row has a value that is too long to be read at all.  False if that
 * has to wait. */
static bool pass_over(struct inbox *inbox)
{
	struct query *query = &inbox->file.next_id;
	bool found;

	query_bind_int(query, 1, inbox->draft);
	found = query_next(query) && ledger_begin(inbox->ledger);
	if (found) {
		inbox->draft = query_int(query, 0);
		rejects_add(inbox, inbox->draft, "the row is too long");
	}
	return query_end(query) == DB_DONE && found;
}

/* The row moves the draft of the cursor, published or not; false if the
 * transaction is in trouble. */
static bool take_row(struct inbox *inbox, const struct query *row)
{
	struct ledger *ledger = inbox->ledger;
	uint64_t id = query_int(row, 0);
	const struct order_cursor cursor = {&inbox->draft, inbox->draft, id};
	const char *fault;

	if (!ledger_begin(ledger))
		return false;
	fault = row_publish(ledger, row, &cursor);
	if (ledger->store.trouble != DB_DONE)
		return false;
	if (fault != NULL)
		rejects_add(inbox, id, fault);
	return true;
}

static enum db_result read_rows(
	struct inbox *inbox, uint32_t limit, uint32_t *count)
{
	struct query *rows = &inbox->file.rows;

	*count = 0;
	query_bind_int(rows, 1, inbox->draft);
	query_bind_int(rows, 2, limit);
	while (query_next(rows) && take_row(inbox, rows))
		++*count;
	return query_end(rows);
}

bool inbox_pull(struct inbox *inbox)
{
	uint32_t limit = inbox->file.wal ? INBOX_ROWS : INBOX_ROWS_LOCKING;
	uint64_t cursor = inbox->cursor;
	uint32_t count;

	if (inbox->state != OPEN || !inbox->due || inbox->broken ||
		!inbox->ledger->writable)
		return false;
	inbox->due = false;
	if (rejects_count(inbox) >= INBOX_REJECTS_MAX) {
		inbox_say(inbox, "waits: too many rows could not be published, "
				 "and it is "
				 "locked");
		return false;
	}
	switch (read_rows(inbox, limit, &count)) {
	case DB_DONE:
		say_open(inbox, cursor);
		inbox->due = count == limit;
		break;
	case DB_FULL:
	case DB_BUSY:
		break; /* at the next look */
	case DB_TOOBIG:
		inbox->due = pass_over(inbox);
		break;
	case DB_REFUSED:
	case DB_BROKEN:
		/* Rows may have been taken: their transaction comes first. */
		inbox_say(inbox, db_error(&inbox->file.db));
		inbox->broken = true;
		break;
	}
	return inbox->due;
}

/* ---- the transaction */

static void say_unsynced(struct inbox *inbox)
{
	struct buf why = {0};

	buf_printf(&why,
		"cannot be brought to the disk: a power cut may take back rows "
		"that were published: %s",
		strerror(errno));
	buf_add_char(&why, '\0');
	inbox_say(inbox, why.at);
	buf_release(&why);
}

void inbox_write(struct inbox *inbox)
{
	struct store *store = &inbox->ledger->store;
	struct query query = {0};

	if (inbox->state != OPEN)
		return;
	rejects_write(inbox);
	if (inbox->draft == inbox->cursor)
		return;
	if (!inbox_file_sync(&inbox->file))
		say_unsynced(inbox);
	store_prepare(store, &query,
		"INSERT INTO inbox(identity, cursor, name) VALUES(?1, ?2, ?3)"
		" ON CONFLICT(identity) DO UPDATE SET cursor = ?2, name = ?3");
	query_bind_blob(&query, 1, span(inbox->file.identity, INBOX_IDENTITY));
	query_bind_int(&query, 2, inbox->draft);
	query_bind_text(&query, 3, span_of(inbox->config->name));
	store_run(store, &query);
	query_release(&query);
}

void inbox_settle(struct inbox *inbox)
{
	inbox->untidy |= inbox->draft != inbox->cursor;
	inbox->cursor = inbox->draft;
	rejects_settle(inbox);
}

void inbox_revert(struct inbox *inbox)
{
	inbox->draft = inbox->cursor;
	inbox->due = true;
	rejects_revert(inbox);
}
