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

/* Nothing is proposed before: a row of an inbox would be published over those
 * before it that are in a hole that is not told yet. */
static void look_for_ready(struct follow *follow)
{
	if (follow->ready || follow_is_stale(follow) ||
		holes_ahead(&follow->holes, follow->from))
		return;
	follow->ready = true;
	follow->notify.ready(follow->notify.arg);
}

/* As many the next time as fit into FOLLOW_BYTES, going by these. */
static void fit(struct follow *follow)
{
	if (follow->bytes > FOLLOW_BYTES)
		follow->most = follow->most > 1 ? follow->most / 2 : 1;
	else if (follow->came == follow->most && follow->most < FOLLOW_MOST)
		follow->most *= 2;
}

static void on_rows(void *arg, const struct redis_reply *reply)
{
	struct follow *follow = arg;
	const struct redis *redis = follow->conn->redis;

	follow->came = 0;
	follow->bytes = 0;
	if (!follow_is_stale(follow) && !take_error(follow, reply)) {
		/* A list of streams, each its key and its entries. */
		if (redis->count(reply) == 1 &&
			redis->count(redis->item(reply, 0)) == 2)
			follow_take_rows(
				follow, redis->item(redis->item(reply, 0), 1));
		else if (follow->asked_last > follow->from)
			follow_tell_up_to(follow, follow->asked_last);
		fit(follow);
		look_for_ready(follow);
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
	conn_ask(follow->conn, &follow->command, answer, follow);
}

static void ask_more(struct follow *follow)
{
	struct buf *command = &follow->command;

	buf_clear(command);
	command_begin(command, 8);
	command_word(command, span_of("XREAD"));
	command_word(command, span_of("COUNT"));
	command_number(command, follow->most);
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
	if (!follow_is_stale(follow)) {
		follow->begun = true;
		look_for_ready(follow);
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

	if (follow_is_stale(follow) || take_error(follow, reply)) {
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

	if (follow_is_stale(follow) || take_error(follow, reply)) {
		follow->busy = false;
		go_on(follow);
		return;
	}
	holes_begin(&follow->holes);
	follow->newest_hole = 0;
	for (size_t i = 0; i < redis->count(reply); i++) {
		bool is_one =
			row_read_hole(&hole, redis, redis->item(reply, i));

		if (is_one)
			holes_add(&follow->holes, &hole);
		follow->newest_hole = is_one ? hole.start : 0;
	}
	if (holes_below(&follow->holes, follow->from, &hole)) {
		follow_tell_hole(follow, &hole);
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
	follow->begun = follow->busy = follow->ready = false;
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
	*follow = (struct follow){
		.conn = conn, .notify = *notify, .most = FOLLOW_FIRST};
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
