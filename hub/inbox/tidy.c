/* SPDX-License-Identifier: MIT */
/*
 * tidy - published rows go, and reasons are written into the others (inbox.h)
 */
#include "config.h"

#include "hub/inbox/inbox.h"
#include "hub/inbox/rejects.h"

/* The highest id of the next rows to delete, 0 if there are none. */
static uint64_t next_to_consume(struct inbox *inbox)
{
	struct query *query = &inbox->file.due;
	uint64_t through = 0;

	query_bind_int(query, 1, inbox->consumed);
	query_bind_int(query, 2, inbox->cursor);
	if (query_step(query) == DB_ROW)
		through = query_int(query, 0);
	query_reset(query);
	return through;
}

static void consume(struct inbox *inbox)
{
	struct query *query = &inbox->file.consume;
	uint64_t through = next_to_consume(inbox);

	if (through == 0) {
		inbox->consumed = inbox->cursor;
		inbox->untidy = false;
		if (inbox->file.db.wal_pages > INBOX_WAL_PAGES)
			db_checkpoint(&inbox->file.db, true);
		return;
	}
	query_bind_int(query, 1, inbox->consumed);
	query_bind_int(query, 2, through);
	switch (query_run(query)) {
	case DB_ROW:
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

static bool has_changed(struct inbox *inbox)
{
	struct query *query = &inbox->file.version;
	bool changed = query_step(query) == DB_ROW &&
		       query_int(query, 0) != inbox->version;

	if (changed)
		inbox->version = query_int(query, 0);
	query_reset(query);
	return changed;
}

/* The table was made anew, or its last id was lowered, or an id was chosen: a
 * row at or below the cursor would never be published, and nobody would know.
 * True if there is more to look at. */
static bool look_below(struct inbox *inbox)
{
	struct query *query = &inbox->file.below;
	bool more = false;

	if (has_changed(inbox))
		inbox->looked = INT64_MIN;
	if (inbox->looked == INT64_MAX)
		return false;
	query_bind_int(query, 1, (uint64_t)inbox->looked);
	query_bind_int(query, 2, inbox->cursor);
	while (query_step(query) == DB_ROW) {
		more = true;
		if (query_int(query, 1) != 0) {
			if (!ledger_begin(inbox->ledger))
				break;
			rejects_add(inbox, query_int(query, 0),
				"its id is not above those published before");
		}
		inbox->looked = (int64_t)query_int(query, 0);
	}
	query_reset(query);
	if (!more)
		inbox->looked = INT64_MAX;
	return more;
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
