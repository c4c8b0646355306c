/* SPDX-License-Identifier: MIT */
/*
 * tidy - published rows go, and reasons are written into the others (inbox.h)
 */
#include "config.h"

#include "hub/inbox/inbox.h"
#include "hub/inbox/rejects.h"

/* The highest id of the next rows to delete; that of the last ones if there are
 * none. */
static enum db_result next_to_consume(struct inbox *inbox, uint64_t *through)
{
	struct query *query = &inbox->file.due;

	*through = inbox->consumed;
	query_bind_int(query, 1, inbox->consumed);
	query_bind_int(query, 2, inbox->cursor);
	if (query_next(query) && query_type(query, 0) != DB_NULL)
		*through = query_int(query, 0);
	return query_end(query);
}

static enum db_result delete_through(struct inbox *inbox, uint64_t through)
{
	struct query *query = &inbox->file.consume;

	query_bind_int(query, 1, inbox->consumed);
	query_bind_int(query, 2, through);
	return query_run(query);
}

/* All that could be deleted is. */
static void rest(struct inbox *inbox)
{
	inbox->consumed = inbox->cursor;
	inbox->untidy = false;
	if (inbox->file.db.wal_pages > INBOX_WAL_PAGES)
		db_checkpoint(&inbox->file.db, true);
}

static void consume(struct inbox *inbox)
{
	uint64_t through;
	enum db_result got = next_to_consume(inbox, &through);

	if (got == DB_DONE && through == inbox->consumed) {
		rest(inbox);
		return;
	}
	if (got == DB_DONE)
		got = delete_through(inbox, through);
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
		inbox_say(inbox, "its published rows cannot be deleted");
		break;
	case DB_BROKEN: /* if rows cannot be read either, that will be seen */
		inbox->untidy = false;
		inbox->littered = true;
		inbox_say(inbox, db_error(&inbox->file.db));
		break;
	}
}

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

/* The next rows that are there, but ought to be gone. */
static enum db_result reject_below(struct inbox *inbox)
{
	struct query *query = &inbox->file.below;
	enum db_result got;
	bool more = false;

	query_bind_int(query, 1, (uint64_t)inbox->looked);
	query_bind_int(query, 2, inbox->cursor);
	while (query_next(query)) {
		more = true;
		if (query_int(query, 1) != 0) {
			if (!ledger_begin(inbox->ledger))
				break;
			rejects_add(inbox, query_int(query, 0),
				"its id is not above those published before");
		}
		inbox->looked = (int64_t)query_int(query, 0);
	}
	got = query_end(query);
	if (got == DB_DONE && !more)
		inbox->looked = INT64_MAX;
	return got;
}

/* The table was made anew, or its last id was lowered, or an id was chosen: a
 * row at or below the cursor would never be published, and nobody would know.
 * True if there is more to look at. */
static bool look_below(struct inbox *inbox)
{
	enum db_result got = look_for_change(inbox);

	if (got == DB_DONE && inbox->looked != INT64_MAX)
		got = reject_below(inbox);
	return db_passes(got) || (got == DB_DONE && inbox->looked != INT64_MAX);
}

bool inbox_tidy(struct inbox *inbox)
{
	uint64_t begin = clock_now_us(inbox->ledger->clock);
	bool more = false;

	if (inbox->state != OPEN || inbox->broken)
		return false;
	if (begin < inbox->rest_until)
		return true;
	rejects_tell(inbox);
	/* A row without its reason would be taken for a published one. */
	if (inbox->untidy && rejects_count(inbox) == 0)
		consume(inbox);
	if (!inbox->untidy && !inbox->littered && rejects_count(inbox) == 0)
		more = look_below(inbox);
	inbox->rest_until = clock_now_us(inbox->ledger->clock);
	inbox->rest_until += (inbox->rest_until - begin) * INBOX_PAUSE;
	return more || inbox->untidy || rejects_count(inbox) > 0;
}
