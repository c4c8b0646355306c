/* SPDX-License-Identifier: MIT */
/*
 * tidy - published rows go, and reasons are written into the others (inbox.h)
 */
#include "config.h"

#include "inbox/inbox.h"
#include "inbox/lines.h"
#include "inbox/transaction.h"

enum {
	PAUSE = 20, /* rest this many times as long as a step took */
	REST_MAX_US = 500000,
	STEP_US = 1500,	 /* for which others wait for one, and its COMMIT */
	STEP_MAX = 500,	 /* rows that it deletes */
	WAL_PAGES = 256, /* in its write-ahead log; above it, these are moved
			    into the file once all is tidy, so that writers
			    need not do it: as far as nobody has to wait */
};

/* ---- reasons */

static void tell(struct inbox *inbox)
{
	struct buf rows = {0};
	uint32_t count;

	if (!uplink_takes_told(inbox->uplink))
		return;
	count = rejects_tell(&inbox->rejects, &inbox->file, &rows);
	if (count > 0)
		uplink_told(inbox->uplink, count, buf_span(&rows));
	buf_release(&rows);
	/* There are more: asked again, the hub tells them. */
	if (count > 0 && inbox->uplink->more &&
		rejects_count(&inbox->rejects) == 0 &&
		uplink_identify(inbox->uplink, inbox->file.identity))
		inbox->state = ASKING;
}

/* ---- published rows */

/* Not before all reasons are known. */
static bool is_untidy(const struct inbox *inbox)
{
	return inbox->own->consume && inbox->consumed < inbox->cursor &&
	       !inbox->uplink->more;
}

/* Whether it is time to remove any.  Once it is, all of them go. */
static bool is_time(struct inbox *inbox, uint64_t now)
{
	if (inbox->consume_due == 0)
		inbox->consume_due = now + inbox->own->consume_every_ms * 1000;
	if (inbox->cursor - inbox->consumed >= inbox->own->consume_rows)
		inbox->consume_due = now;
	return now >= inbox->consume_due;
}

/* The highest id of the next rows to delete; that of the last ones if there are
 * none. */
static enum db_result next_to_consume(struct inbox *inbox, uint64_t *through)
{
	struct query *query = &inbox->file.due;

	*through = inbox->consumed;
	query_bind_int(query, 1, inbox->consumed);
	query_bind_int(query, 2, inbox->cursor);
	query_bind_int(query, 3, inbox->step);
	if (query_next(query) && query_type(query, 0) != DB_NULL)
		*through = query_int(query, 0);
	return query_end(query);
}

/* The next step takes about STEP_US, as far as this one tells; what its COMMIT
 * takes depends on the disk, and little on the number of rows. */
static void measure(struct inbox *inbox, uint64_t took)
{
	if (took > STEP_US)
		inbox->step = inbox->step / 2 + 1;
	else if (took < STEP_US / 2 && inbox->step < STEP_MAX)
		inbox->step += inbox->step / 4 + 1;
}

static enum db_result delete_through(struct inbox *inbox, uint64_t through)
{
	struct query *query = &inbox->file.consume;
	enum db_result got = transaction_begin(&inbox->file);
	uint64_t begin = clock_now_us(inbox->clock);

	if (got != DB_DONE)
		return got;
	query_bind_int(query, 1, inbox->consumed);
	query_bind_int(query, 2, through);
	got = query_run(query);
	measure(inbox, clock_now_us(inbox->clock) - begin);
	return transaction_end(&inbox->file, got);
}

/* All that could be deleted is. */
static void rest(struct inbox *inbox)
{
	inbox->consumed = inbox->cursor;
	inbox->consume_due = 0;
	if (inbox->file.db.wal_pages > WAL_PAGES)
		(void)!db_checkpoint(&inbox->file.db, false);
}

static void consume(struct inbox *inbox)
{
	uint64_t through;
	const char *fault = inbox->file.fault;
	enum db_result got;

	if (locks_are_held(&inbox->file.locks))
		return; /* it can wait */
	got = next_to_consume(inbox, &through);

	if (got == DB_DONE && through == inbox->consumed) {
		rest(inbox);
		return;
	}
	if (got == DB_DONE)
		got = delete_through(inbox, through);
	else
		fault = db_error(&inbox->file.db);
	switch (got) {
	case DB_DONE:
		inbox->consumed = through;
		break;
	case DB_FULL:
	case DB_BUSY:
		break; /* it can wait */
	case DB_TOOBIG:
	case DB_REFUSED:
		inbox->consumed = through;
		inbox->littered = true;
		inbox_say(inbox, SENTENCE_NOT_DELETED);
		break;
	case DB_BROKEN: /* if rows cannot be read either, that will be seen */
		inbox->consumed = inbox->cursor;
		inbox->littered = true;
		inbox_say(inbox, fault);
		break;
	}
}

/* ---- rows that nobody will publish */

/* Once others have written, all is to be looked at again. */
static enum db_result look_for_change(struct inbox *inbox)
{
	struct query *query = &inbox->file.version;
	uint64_t version = inbox->version;

	if (query_next(query))
		version = query_int(query, 0);
	if (version != inbox->version)
		inbox->looked = INT64_MIN;
	inbox->version = version;
	return query_end(query);
}

static void reject(struct inbox *inbox, uint64_t row)
{
	static const char why[] = "its id is not above those published before";

	rejects_say(&inbox->rejects, inbox->own->name, row, span_of(why),
		clock_now_us(inbox->clock));
	rejects_add(&inbox->rejects, row, span_of(why));
}

/* The next rows that are there, but ought to be gone. */
static enum db_result reject_below(struct inbox *inbox)
{
	struct query *query = &inbox->file.below;
	enum db_result got;
	bool more = false;

	query_bind_int(query, 1, (uint64_t)inbox->looked);
	query_bind_int(query, 2, inbox->consumed);
	while (query_next(query)) {
		more = true;
		if (query_int(query, 1) != 0)
			reject(inbox, query_int(query, 0));
		inbox->looked = (int64_t)query_int(query, 0);
	}
	got = query_end(query);
	if (got == DB_DONE && !more)
		inbox->looked = INT64_MAX;
	return got;
}

/* The table was made anew, or its last id was lowered, or an id was chosen: a
 * row at or below what was published and is gone would never be published, and
 * nobody would know.  True if there is more to look at. */
static bool look_below(struct inbox *inbox)
{
	enum db_result got = look_for_change(inbox);

	if (got == DB_DONE && inbox->looked != INT64_MAX)
		got = reject_below(inbox);
	return db_passes(got) || (got == DB_DONE && inbox->looked != INT64_MAX);
}

static void take_rest(struct inbox *inbox, uint64_t begin)
{
	uint64_t now = clock_now_us(inbox->clock);
	uint64_t pause = (now - begin) * PAUSE;

	inbox->rest_until = now + (pause < REST_MAX_US ? pause : REST_MAX_US);
}

bool inbox_tidy(struct inbox *inbox)
{
	uint64_t begin = clock_now_us(inbox->clock);
	bool more = false;

	if (inbox->state != OPEN || inbox->broken)
		return false;
	if (begin < inbox->rest_until)
		return true;
	/* Nor is it read now, where that would be in somebody's way. */
	if (!inbox->file.wal && locks_are_held(&inbox->file.locks))
		return true;
	if (rejects_count(&inbox->rejects) > 0)
		tell(inbox);
	/* A row without its reason would be taken for a published one. */
	else if (is_untidy(inbox) && is_time(inbox, begin))
		consume(inbox);
	else if (inbox->own->consume && !inbox->littered)
		more = look_below(inbox);
	take_rest(inbox, begin);
	return more || is_untidy(inbox) || rejects_count(&inbox->rejects) > 0;
}
