/* SPDX-License-Identifier: MIT */
/*
 * fuzz_inbox - any bytes as rows that somebody has INSERTed
 *
 * A row may hold values of any kind, whatever the table's checks say.  What the
 * reader says of them is well-formed, and the hub takes it: each is an event,
 * byte for byte, or has a reason why not, or repeats a key; and every event is
 * one that a publisher might have POSTed.
 */
#include <config.h>

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "inbox/row.h"
#include "lib/event_size.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/read_room.h"
#include "tests/fuzz/rows.h"

enum { MAX_EVENT = 300, LONG_TIMES = 16, TEXT_MAX = 8192 };

enum kind { NONE, TEXT, BLOB, NUMBER, REAL, LONG, KINDS };

static char texts[TEXT_MAX]; /* of values that are not in the input itself */
static size_t texts_len;

/* ---- reading rows */

static uint8_t take_byte(struct span *rest)
{
	uint8_t byte = 0;

	if (rest->len > 0) {
		byte = (uint8_t)rest->at[0];
		*rest = span(rest->at + 1, rest->len - 1);
	}
	return byte;
}

static struct span take_bytes(struct span *rest, size_t len)
{
	struct span bytes = span(rest->at, len < rest->len ? len : rest->len);

	*rest = span(rest->at + bytes.len, rest->len - bytes.len);
	return bytes;
}

static struct span keep(struct span bytes, size_t times)
{
	char *at = texts + texts_len;
	size_t len = 0;

	for (; times > 0 && texts_len + bytes.len <= TEXT_MAX; times--) {
		memcpy(texts + texts_len, bytes.at, bytes.len);
		texts_len += bytes.len;
		len += bytes.len;
	}
	return span(at, len);
}

/* A number is read as text, as SQLite makes it. */
static struct span as_text(enum kind kind, struct span bytes)
{
	char text[64];
	int64_t number = 0;

	memcpy(&number, bytes.at, bytes.len < 8 ? bytes.len : 8);
	if (kind == NUMBER)
		snprintf(text, sizeof(text), "%" PRId64, number);
	else
		snprintf(text, sizeof(text), "%.15g", (double)number / 1000);
	return keep(span_of(text), 1);
}

/* A byte: what kind of value; another: how long; then the value. */
static struct value take_value(struct span *rest)
{
	static const int types[] = {[TEXT] = DB_TEXT,
		[BLOB] = DB_BLOB,
		[NUMBER] = DB_INT,
		[REAL] = DB_REAL,
		[LONG] = DB_TEXT};
	enum kind kind = take_byte(rest) % KINDS;
	struct value value = {DB_NULL, span("", 0)};

	if (kind == NONE)
		return value;
	value.type = types[kind];
	value.bytes = take_bytes(rest, take_byte(rest));
	if (kind == LONG)
		value.bytes = keep(value.bytes, LONG_TIMES);
	else if (kind != TEXT && kind != BLOB)
		value.bytes = as_text(kind, value.bytes);
	return value;
}

static void take_rows(struct span rest)
{
	rows_clear();
	texts_len = 0;
	for (; rest.len > 0 && rows.count < ROWS_MAX; rows.count++)
		for (int i = 1; i < ROWS_COLUMNS; i++)
			rows.all[rows.count].values[i] = take_value(&rest);
}

/* ---- what has become of them */

static bool is_plain(struct span text, size_t most)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == '\x7f')
			return false;
	return text.len <= most && text_is_utf8(text, NULL);
}

static void check_event(const struct stored_event *event, const struct row *row)
{
	const struct value *values = row->values;

	MUST(event->channel.len > 0 && is_plain(event->channel, CHANNEL_MAX));
	MUST(is_plain(event->type, TYPE_MAX));
	MUST(event_size(event->type, event->data) <= MAX_EVENT &&
		text_is_utf8(event->data, NULL));
	MUST(values[3].type != DB_NULL);
	MUST(span_equal(event->data, values[3].bytes));
	MUST(values[1].type == DB_NULL
			? span_is(event->channel, "main")
			: span_equal(event->channel, values[1].bytes));
	MUST(span_is(values[2].bytes, "message")
			? event->type.len == 0
			: span_equal(event->type, values[2].bytes));
}

/* Was an earlier event of the same channel given this row's key? */
static bool repeats(size_t at, const size_t *row_of, size_t stored)
{
	const struct row *row = &rows.all[at];
	struct span key = row->values[4].bytes;
	struct span channel = row->values[1].type == DB_NULL
				      ? span_of("main")
				      : row->values[1].bytes;

	for (size_t i = 0; i < stored && key.len > 0; i++) {
		const struct stored_event *event = &rows.stored[i];

		if (span_equal(event->channel, channel) &&
			span_equal(rows.all[row_of[i]].values[4].bytes, key))
			return true;
	}
	return false;
}

/* True if it is the next of those refused, which then has a reason. */
static bool is_refused(struct wire_in *refused, uint64_t id)
{
	struct wire_in ahead = *refused;

	if (ahead.at == ahead.end || wire_get_u64(&ahead) != id)
		return false;
	MUST(wire_get_str16(&ahead).len > 0 && !ahead.failed);
	*refused = ahead;
	return true;
}

static void check(struct wire_in refused)
{
	size_t row_of[ROWS_MAX], stored = 0;

	for (size_t i = 0; i < rows.count; i++) {
		if (is_refused(&refused, i + 1) || repeats(i, row_of, stored))
			continue;
		MUST(stored < rows.stored_count);
		check_event(&rows.stored[stored], &rows.all[i]);
		row_of[stored++] = i;
	}
	MUST(stored == rows.stored_count && wire_done(&refused));
}

/* ROWS, as the reader says it. */
static void say_rows(struct buf *body)
{
	const struct query query = {0};

	wire_put_u64(body, 1);
	wire_put_u64(body, 0);
	wire_put_u64(body, rows.count);
	wire_put_u32(body, (uint32_t)rows.count);
	for (rows.at = 0; rows.at < rows.count; rows.at++) {
		rows.all[rows.at].id = rows.at + 1;
		row_put(body, &query, MAX_EVENT);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct read_room room;
	struct inbox *inbox;
	struct buf body = {0};

	take_rows(span(data, size));
	if (rows.count == 0)
		return 0;
	read_room_open(&room, MAX_EVENT);
	read_room_identify(&room);
	inbox = room.inboxes.all;
	say_rows(&body);
	MUST(inbox_hear(&room.inboxes, &room.peer, WIRE_ROWS, buf_span(&body)));
	read_room_pull(&room);
	ledger_commit(&room.ledger);
	MUST(inbox->cursor == rows.count && inbox->waiting[0].done);
	check(wire_in(buf_span(&inbox->refused)));
	inboxes_answer(&room.inboxes);
	MUST(inbox->waiting_count == 0);
	buf_release(&body);
	read_room_close(&room);
	return 0;
}
