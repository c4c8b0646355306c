/* SPDX-License-Identifier: MIT */
/*
 * pull - rows above the cursor are read, and said to the hub (inbox.h)
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "inbox/inbox.h"
#include "inbox/lines.h"
#include "inbox/row.h"
#include "lib/log.h"

/* ---- rows of the file */

static uint32_t rows_at_once(const struct inbox *inbox)
{
	return inbox->file.wal ? WIRE_ROWS_MAX : INBOX_ROWS_LOCKING;
}

/* The next row has a value that is too long to be read at all; 0 if it could
 * not be found out. */
static uint64_t find_too_long(struct inbox *inbox, uint64_t above)
{
	struct query *query = &inbox->file.next_id;
	uint64_t id = 0;

	query_bind_int(query, 1, above);
	if (query_next(query))
		id = query_int(query, 0);
	return query_end(query) == DB_DONE ? id : 0;
}

/* Rows above `*through`, which moves on, into `out`. */
static enum db_result read_rows(struct inbox *inbox, uint64_t *through,
	struct buf *out, uint32_t *count)
{
	struct query *rows = &inbox->file.rows;
	enum db_result got;
	uint64_t id;

	*count = 0;
	query_bind_int(rows, 1, *through);
	query_bind_int(rows, 2, rows_at_once(inbox));
	while (out->len < WIRE_ROWS_BYTES && query_next(rows)) {
		*through = query_int(rows, 0);
		row_put(out, rows, inbox->config->max_event);
		++*count;
	}
	got = query_end(rows);
	if (got != DB_TOOBIG || *count > 0)
		return got == DB_TOOBIG ? DB_DONE : got;
	id = find_too_long(inbox, *through);
	if (id != 0) {
		row_put_bad(out, id, "the row is too long");
		*through = id;
		*count = 1;
	}
	return DB_DONE;
}

/* ---- to the hub */

/* Not said when it is opened: one that can be opened but not read would say so
 * again and again. */
static void say_open(struct inbox *inbox, uint64_t cursor)
{
	if (!inbox->fresh)
		return;
	inbox->fresh = false;
	inbox->said[0] = '\0';
	if (!inbox_may_say(inbox))
		return;
	log_info(LINE_OPENED, inbox->own->name, inbox->own->path,
		(unsigned long long)cursor);
}

static void say_unsynced(struct inbox *inbox)
{
	struct buf why = {0};

	buf_printf(&why, SENTENCE_NOT_SYNCED, strerror(errno));
	buf_add_char(&why, '\0');
	inbox_say(inbox, why.at);
	buf_release(&why);
}

static void say_rows(
	struct inbox *inbox, uint64_t through, uint32_t count, struct span rows)
{
	if (!inbox_file_sync(&inbox->file))
		say_unsynced(inbox);
	uplink_rows(inbox->uplink, inbox->draft, through, count, rows);
	inbox->draft = through;
	inbox->due = true;
}

/* Whether there may be rows that were not read; *counter is then of those that
 * are there now. */
static bool has_news(const struct inbox *inbox, uint64_t *counter)
{
	uint32_t now;

	*counter = UINT64_MAX;
	if (inbox_is_being_written(inbox))
		return false;
	if (locks_read_counter(&inbox->file.locks, &now))
		*counter = now;
	return *counter == UINT64_MAX || *counter != inbox->read;
}

static bool may_pull(struct inbox *inbox)
{
	if (inbox->state != OPEN || !inbox->due || inbox->broken ||
		fatigue_lasts(&inbox->fatigue, clock_now_us(inbox->clock)) ||
		!uplink_takes_rows(inbox->uplink))
		return false;
	inbox->due = false;
	if (rejects_count_kept(&inbox->rejects) >= REJECTS_KEPT)
		inbox_say(inbox, SENTENCE_FULL);
	else if (rejects_count(&inbox->rejects) >= REJECTS_MAX)
		inbox_say(inbox, SENTENCE_FULL_LOCKED);
	else
		return true;
	return false;
}

bool inbox_pull(struct inbox *inbox)
{
	uint64_t through = inbox->draft, begun = inbox->cursor, counter;
	uint64_t begin = clock_work_us(), pay;
	struct buf rows = {0};
	uint32_t count;

	if (!may_pull(inbox) || !has_news(inbox, &counter))
		return false;
	switch (read_rows(inbox, &through, &rows, &count)) {
	case DB_DONE:
		say_open(inbox, begun);
		if (count > 0)
			say_rows(inbox, through, count, buf_span(&rows));
		else
			inbox->read = counter;
		break;
	case DB_TOOBIG:
	case DB_FULL:
	case DB_BUSY:
		break; /* at the next look */
	case DB_REFUSED:
	case DB_BROKEN:
		inbox_say_unread(inbox, db_error(&inbox->file.db));
		inbox->broken = true;
		break;
	}
	pay = (uint64_t)count * INBOX_PAY_ROW + rows.len / INBOX_PAY_BYTES;
	fatigue_add(&inbox->fatigue, clock_now_us(inbox->clock),
		clock_work_us() - begin, pay);
	buf_release(&rows);
	return inbox->due &&
	       !fatigue_lasts(&inbox->fatigue, clock_now_us(inbox->clock)) &&
	       uplink_takes_rows(inbox->uplink);
}
