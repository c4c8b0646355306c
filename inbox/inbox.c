/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/inbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inbox/lines.h"
#include "lib/log.h"

void inbox_init(struct inbox *inbox, const struct config *config,
	const struct config_inbox *own, const struct clock *clock,
	struct uplink *uplink)
{
	*inbox = (struct inbox){
		.config = config,
		.own = own,
		.clock = clock,
		.uplink = uplink,
		.step = INBOX_STEP,
	};
	lock_owner_init(&inbox->lock_owner);
}

void inbox_release(struct inbox *inbox)
{
	inbox_file_close(&inbox->file);
	lock_owner_close(&inbox->lock_owner);
	rejects_forget(&inbox->rejects);
	losses_release(&inbox->losses);
}

/* ---- log lines */

bool inbox_may_say(struct inbox *inbox)
{
	uint64_t minute = clock_now_us(inbox->clock) / 60000000;

	if (minute != inbox->minute)
		inbox->lines = 0;
	inbox->minute = minute;
	if (inbox->lines == INBOX_LINES)
		log_warnx(LINE_NO_MORE, inbox->own->name, inbox->own->path);
	return inbox->lines++ < INBOX_LINES;
}

void inbox_say(struct inbox *inbox, const char *sentence)
{
	/* Their bytes may be in it: what is beyond is not looked at. */
	if (strncmp(inbox->said, sentence, sizeof(inbox->said) - 1) == 0 ||
		!inbox_may_say(inbox))
		return;
	strncpy(inbox->said, sentence, sizeof(inbox->said) - 1);
	log_warnx(LINE_TROUBLE, inbox->own->name, inbox->own->path, sentence);
}

/* ---- states */

void inbox_say_unread(struct inbox *inbox, const char *why)
{
	inbox_say(inbox, why);
	uplink_excuse(inbox->uplink, why);
}

/* Back to AWAY, for this reason. */
static void lose(struct inbox *inbox, const char *why)
{
	inbox_say_unread(inbox, why);
	inbox_file_close(&inbox->file);
	lock_owner_close(&inbox->lock_owner);
	rejects_forget(&inbox->rejects);
	inbox->state = AWAY;
	inbox->due = inbox->broken = inbox->fresh = inbox->littered = false;
	inbox->version = inbox->losses.schema = 0;
	inbox->losses.count = 0;
	inbox->consume_due = 0;
	inbox->draft = inbox->cursor = 0;
}

static void stop(struct inbox *inbox, const char *why)
{
	lose(inbox, why);
	inbox->state = STOPPED;
	inbox->rest_until = clock_now_us(inbox->clock) + INBOX_STOPPED_US;
}

/* ---- opening */

static void try_open(struct inbox *inbox)
{
	const char *why =
		inbox->enter == NULL ? NULL : inbox->enter(inbox->arg);

	if (why == NULL)
		why = inbox_file_open(
			&inbox->file, inbox->own, inbox->config->log_path);
	if (why != NULL) {
		inbox_say_unread(inbox, why);
		return;
	}
	lock_owner_open(&inbox->lock_owner, &inbox->file.locks);
	inbox->state = ASKING;
	if (!uplink_identify(inbox->uplink, inbox->file.identity))
		lose(inbox, "the hub is still busy with what was before");
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
	buf_printf(&why, SENTENCE_OLDER_COPY, (unsigned long long)sequence,
		(unsigned long long)inbox->cursor);
	buf_add_char(&why, '\0');
	stop(inbox, why.at);
	buf_release(&why);
	return DB_DONE;
}

/* The log does not know it yet: it does from now on, so that rows which come
 * while nobody reads are not taken for those that were there at the start.
 * `start = new`: these are passed over. */
static bool enter(struct inbox *inbox)
{
	struct query *query = &inbox->file.newest;
	uint64_t first = 0;

	if (inbox->own->start_new) {
		if (query_next(query))
			first = query_int(query, 0);
		if (query_end(query) != DB_DONE)
			return false;
		if (first > INT64_MAX) /* all of them are below 0 */
			first = 0;
	}
	uplink_rows(inbox->uplink, 0, first, 0, span(NULL, 0));
	inbox->draft = first;
	inbox->entering = true;
	return true;
}

static void begin(struct inbox *inbox, uint64_t cursor)
{
	inbox->cursor = inbox->draft = cursor;
	if (memcmp(inbox->known, inbox->file.identity, INBOX_IDENTITY) != 0)
		inbox->consumed = 0;
	memcpy(inbox->known, inbox->file.identity, INBOX_IDENTITY);
	inbox->state = OPEN;
	inbox->read = UINT64_MAX;
	inbox->due = inbox->fresh = true;
	inbox->entering = false;
}

/* ---- what the hub says */

void inbox_on_reason(void *arg, uint64_t row, struct span reason)
{
	struct inbox *inbox = arg;

	/* Else they are those of a file that was lost meanwhile: the next one
	 * has other rows by these numbers. */
	if (inbox->state == ASKING)
		rejects_add(&inbox->rejects, row, reason);
}

void inbox_on_at(void *arg, bool known, uint64_t cursor, struct span said)
{
	struct inbox *inbox = arg;
	char *why;

	if (inbox->state != ASKING)
		return; /* it was lost meanwhile */
	if (said.len > 0) {
		why = mem_text(said);
		stop(inbox, why);
		free(why);
		return;
	}
	begin(inbox, cursor);
	if (stop_older(inbox) != DB_DONE ||
		(inbox->state == OPEN && !known && !enter(inbox)))
		lose(inbox, db_error(&inbox->file.db));
}

void inbox_on_refused(void *arg, uint64_t row, struct span reason)
{
	struct inbox *inbox = arg;

	if (inbox->state != OPEN)
		return;
	rejects_say(&inbox->rejects, inbox->own->name, row, reason,
		clock_now_us(inbox->clock));
	rejects_add(&inbox->rejects, row, reason);
}

void inbox_on_taken(void *arg, uint64_t cursor, bool whole)
{
	struct inbox *inbox = arg;

	if (inbox->state != OPEN)
		return;
	inbox->cursor = cursor;
	if (whole)
		inbox->due = true;
	else
		inbox->draft = cursor; /* read again at the next look */
	/* Else what is to be passed over would be read. */
	if (!whole && inbox->entering &&
		uplink_identify(inbox->uplink, inbox->file.identity))
		inbox->state = ASKING;
	inbox->entering = false;
	if (!whole)
		inbox->read = UINT64_MAX;
}

/* ---- looking */

bool inbox_is_being_written(const struct inbox *inbox)
{
	pid_t pid;

	return !inbox->file.wal && locks_find_writer(&inbox->file.locks, &pid);
}

static void look_for_rows(struct inbox *inbox)
{
	enum db_result got = stop_older(inbox);

	if (got == DB_DONE && inbox->state != OPEN)
		return; /* what is not known now, the next look finds out */
	inbox->due = true;
	losses_look(&inbox->losses, &inbox->file.db, inbox->file.schema_version,
		inbox->own->name);
	lock_owner_look(
		&inbox->lock_owner, &inbox->file.version, inbox->own->name);
}

static void look_at_open(struct inbox *inbox, bool moved)
{
	const char *why;

	if (moved) /* a copy may have rows again that are gone */
		memset(inbox->known, 0, sizeof(inbox->known));
	if (inbox->broken)
		lose(inbox, inbox->said);
	else if (moved)
		lose(inbox, SENTENCE_REPLACED);
	else if (inbox_file_split(&inbox->file))
		lose(inbox, SENTENCE_WAL_REPLACED);
	else if (inbox->state == OPEN && inbox_is_being_written(inbox))
		lock_owner_look(&inbox->lock_owner, &inbox->file.version,
			inbox->own->name);
	else if ((why = inbox_file_ruined(&inbox->file)) != NULL)
		lose(inbox, why);
	else if (inbox->state == OPEN)
		look_for_rows(inbox);
}

static void look(struct inbox *inbox)
{
	bool moved = inbox_file_moved(&inbox->file, inbox->own->path);

	switch (inbox->state) {
	case AWAY:
		try_open(inbox);
		break;
	case ASKING:
	case OPEN:
		look_at_open(inbox, moved);
		break;
	case STOPPED:
		if (moved || clock_now_us(inbox->clock) >= inbox->rest_until) {
			inbox->state = AWAY;
			try_open(inbox);
		}
		break;
	}
}

void inbox_look(struct inbox *inbox)
{
	uint64_t begin = clock_work_us();

	if (fatigue_lasts(&inbox->fatigue, clock_now_us(inbox->clock)))
		return;
	look(inbox);
	fatigue_add(&inbox->fatigue, clock_now_us(inbox->clock),
		clock_work_us() - begin, 0);
}
