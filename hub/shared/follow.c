/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hub/shared/command.h"
#include "hub/shared/entry.h"
#include "hub/shared/fault.h"
#include "hub/shared/row.h"

static void go_on(struct follow *follow);

static bool is_stale(const struct follow *follow)
{
	return follow->version != follow->asked || !follow->linked;
}

/* ---- to tell, in order */

static void tell_missed(
	struct follow *follow, uint64_t upto, const char *broken)
{
	uint64_t from = follow->from;

	follow->from = upto;
	memset(follow->origin, 0, SHARED_ID);
	follow->notify.missed(follow->notify.arg, from, upto, broken);
}

static void tell_hole(struct follow *follow, const struct shared_hole *hole)
{
	if (hole->last > follow->from)
		tell_missed(follow, hole->last, NULL);
	if (is_stale(follow))
		return;
	holes_told(&follow->holes, hole);
	follow->from = hole->start;
	memset(follow->origin, 0, SHARED_ID);
	follow->notify.hole(follow->notify.arg, hole);
}

/* All up to there, except entries. */
static void tell_up_to(struct follow *follow, uint64_t upto)
{
	struct shared_hole hole;

	while (!is_stale(follow) &&
		holes_take(&follow->holes, follow->from, upto, &hole))
		tell_hole(follow, &hole);
	if (!is_stale(follow) && upto > follow->from)
		tell_missed(follow, upto, NULL);
}

static void tell_entry(struct follow *follow, struct shared_entry *entry)
{
	if (entry->at < follow->at)
		entry->at = follow->at;
	follow->at = entry->at;
	follow->from = entry->id;
	memcpy(follow->origin, entry->what.origin, SHARED_ID);
	follow->notify.entry(follow->notify.arg, entry);
}

/* ---- what comes */

static void take_broken(struct follow *follow, uint64_t id, const char *broken)
{
	struct shared_hole hole;

	while (!is_stale(follow) &&
		holes_take(&follow->holes, follow->from, id, &hole))
		tell_hole(follow, &hole);
	if (!is_stale(follow) && id > follow->from)
		tell_missed(follow, id, broken);
}

static void take_hole(struct follow *follow, const struct row *row)
{
	const struct shared_hole hole = {row->hole, row->id};

	if (hole.last >= hole.start) {
		take_broken(follow, row->id, "it is a hole without an end");
		return;
	}
	tell_up_to(follow, hole.last);
	if (!is_stale(follow))
		tell_hole(follow, &hole);
}

static void take_entry(struct follow *follow, const struct row *row)
{
	struct shared_entry entry;
	const char *fault = entry_read(
		&entry, row->head, row->items, row->rows, &follow->items);
	uint64_t before = row->id > row->rows ? row->id - row->rows : 0;

	/* Of what a log had when it founded the order, not all was kept. */
	if (row->founded)
		before =
			row->before > follow->from ? row->before : follow->from;
	else if (before < follow->from && fault == NULL)
		fault = "it has more rows than there are ids for";
	if (fault == NULL)
		tell_up_to(follow, before);
	if (is_stale(follow))
		return;
	entry.id = row->id;
	entry.at = row->at;
	if (fault != NULL)
		take_broken(follow, row->id, fault);
	else
		tell_entry(follow, &entry);
}

/* False if the rest is of no use. */
static bool take_row(struct follow *follow, const struct redis_reply *reply)
{
	struct row row;
	const char *fault = row_read(&row, follow->conn->redis, reply);

	if (row.id == 0) {
		follow->notify.refused(follow->notify.arg, SHARED_AWAY,
			"another program has written to its keys with our "
			"prefix: log has an id that is none of ours");
		return false;
	}
	/* What has been told comes again if a hole was told before its place.
	 */
	if (row.id <= follow->from)
		return true;
	if (fault != NULL)
		take_broken(follow, row.id, fault);
	else if (row.is_hole)
		take_hole(follow, &row);
	else
		take_entry(follow, &row);
	return !is_stale(follow);
}

static void take_rows(struct follow *follow, const struct redis_reply *rows)
{
	const struct redis *redis = follow->conn->redis;

	for (size_t i = 0; i < redis->count(rows); i++)
		if (!take_row(follow, redis->item(rows, i)))
			return;
}

/* True if it was one; it may be over then. */
static bool take_error(struct follow *follow, const struct redis_reply *reply)
{
	const struct redis *redis = follow->conn->redis;

	if (redis->kind(reply) != REDIS_KIND_ERROR)
		return false;
	buf_clear(&follow->fault);
	fault_of_error(&follow->fault, redis->text(reply));
	buf_add_char(&follow->fault, '\0');
	follow->notify.refused(
		follow->notify.arg, SHARED_AWAY, follow->fault.at);
	return true;
}

static void on_rows(void *arg, const struct redis_reply *reply)
{
	struct follow *follow = arg;
	const struct redis *redis = follow->conn->redis;

	if (!is_stale(follow) && !take_error(follow, reply)) {
		/* A list of streams, each its key and its entries. */
		if (redis->count(reply) == 1 &&
			redis->count(redis->item(reply, 0)) == 2)
			take_rows(
				follow, redis->item(redis->item(reply, 0), 1));
		else if (follow->asked_last > follow->from)
			tell_up_to(follow, follow->asked_last);
	}
	follow->busy = false;
	go_on(follow);
}

/* ---- to ask */

static void put_id(struct buf *command, uint64_t id)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "0-%" PRIu64, id);

	command_word(command, span(text, (size_t)len));
}

static void ask(struct follow *follow, conn_answer *answer)
{
	conn_ask(follow->conn, buf_span(&follow->command), answer, follow);
}

static void ask_more(struct follow *follow)
{
	struct buf *command = &follow->command;

	buf_clear(command);
	command_begin(command, 8);
	command_word(command, span_of("XREAD"));
	command_word(command, span_of("COUNT"));
	command_number(command, FOLLOW_MOST);
	command_word(command, span_of("BLOCK"));
	command_number(command, FOLLOW_BLOCK_MS);
	command_word(command, span_of("STREAMS"));
	command_word(command, buf_span(&follow->stream));
	put_id(command, follow->from);
	follow->asked_last = follow->last;
	ask(follow, on_rows);
}

static void begin(struct follow *follow)
{
	if (!is_stale(follow)) {
		follow->begun = true;
		follow->notify.ready(follow->notify.arg);
	}
	follow->busy = false;
	go_on(follow);
}

/* What the order has under the id of the log's newest event. */
static void on_newest(void *arg, const struct redis_reply *reply)
{
	static const uint8_t none[SHARED_ID];
	struct follow *follow = arg;
	const struct redis *redis = follow->conn->redis;
	struct shared_entry entry;
	struct row row;

	if (is_stale(follow) || take_error(follow, reply)) {
		follow->busy = false;
		go_on(follow);
		return;
	}
	if (redis->count(reply) == 1 &&
		row_read(&row, redis, redis->item(reply, 0)) == NULL &&
		!row.is_hole &&
		entry_read(&entry, row.head, row.items, row.rows,
			&follow->items) == NULL &&
		memcmp(follow->origin, none, SHARED_ID) != 0 &&
		memcmp(follow->origin, entry.what.origin, SHARED_ID) != 0) {
		follow->busy = false;
		follow->notify.refused(follow->notify.arg, SHARED_STOPPED,
			"its event with the id of this log's newest is "
			"another one: they have no history in common");
		return;
	}
	begin(follow);
}

static void on_holes(void *arg, const struct redis_reply *reply)
{
	struct follow *follow = arg;
	const struct redis *redis = follow->conn->redis;
	struct shared_hole hole;

	if (is_stale(follow) || take_error(follow, reply)) {
		follow->busy = false;
		go_on(follow);
		return;
	}
	holes_begin(&follow->holes);
	for (size_t i = 0; i < redis->count(reply); i++)
		if (row_read_hole(&hole, redis, redis->item(reply, i)))
			holes_add(&follow->holes, &hole);
	if (holes_below(&follow->holes, follow->from, &hole)) {
		tell_hole(follow, &hole);
		begin(follow);
		return;
	}
	buf_clear(&follow->command);
	command_begin(&follow->command, 4);
	command_word(&follow->command, span_of("XRANGE"));
	command_word(&follow->command, buf_span(&follow->stream));
	put_id(&follow->command, follow->from);
	put_id(&follow->command, follow->from);
	ask(follow, on_newest);
}

static void ask_holes(struct follow *follow)
{
	buf_clear(&follow->command);
	command_begin(&follow->command, 4);
	command_word(&follow->command, span_of("XRANGE"));
	command_word(&follow->command, buf_span(&follow->hole));
	command_word(&follow->command, span_of("-"));
	command_word(&follow->command, span_of("+"));
	ask(follow, on_holes);
}

static void go_on(struct follow *follow)
{
	if (!follow->wanted || !follow->linked || follow->busy)
		return;
	follow->busy = true;
	follow->asked = follow->version;
	if (follow->begun)
		ask_more(follow);
	else
		ask_holes(follow);
}

/* ---- what is wanted */

void follow_from(struct follow *follow, uint64_t from,
	const uint8_t origin[SHARED_ID], const struct shared_hole *known,
	size_t count)
{
	follow->wanted = true;
	follow->begun = false;
	follow->version++;
	follow->from = from;
	memcpy(follow->origin, origin, SHARED_ID);
	holes_know(&follow->holes, known, count);
	go_on(follow);
}

void follow_pause(struct follow *follow)
{
	follow->wanted = false;
	follow->version++;
}

void follow_linked(struct follow *follow)
{
	follow->linked = true;
	follow->begun = follow->busy = false;
	go_on(follow);
}

void follow_lost(struct follow *follow)
{
	follow->linked = follow->busy = false;
}

void follow_heard(struct follow *follow, uint64_t last)
{
	follow->last = last;
}

/* ---- life */

void follow_init(struct follow *follow, struct conn *conn, const char *prefix,
	const struct follow_notify *notify)
{
	*follow = (struct follow){.conn = conn, .notify = *notify};
	buf_printf(&follow->stream, "%s:log", prefix);
	buf_printf(&follow->hole, "%s:hole", prefix);
}

void follow_release(struct follow *follow)
{
	holes_release(&follow->holes);
	buf_release(&follow->stream);
	buf_release(&follow->hole);
	buf_release(&follow->items);
	buf_release(&follow->command);
	buf_release(&follow->fault);
}
