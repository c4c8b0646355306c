/* SPDX-License-Identifier: MIT */
/*
 * fuzz_reader - any bytes as the frames of whoever reads an inbox
 *
 * A frame is a byte, its type, two for its length, and its body; or a type of
 * our own below: a turn, one whose COMMIT fails, another reader.  A malformed
 * frame ends the connection.  Whatever else is said has one answer, in order;
 * rows are stored only if they begin where the cursor is, and the cursor never
 * goes back.
 */
#include <config.h>

#include "lib/event_size.h"
#include "lib/text.h"
#include "tests/fuzz/read_room.h"

enum {
	MAX_EVENT = 80,
	SIZE_MAX_OF_ALL = 4096, /* no more rows than there is room for */
	OUR_TURN = 251,
	OUR_FAILED_TURN,
	OUR_NEXT_READER,
};

struct asked {
	uint8_t type;
	uint64_t number, from, to;
};

static struct read_room room;
static struct asked asked[WIRE_AHEAD];
static size_t asked_count;

/* ---- its answers */

static void check_refused(struct wire_in *in, const struct inbox *inbox)
{
	uint64_t above = 0;

	for (uint32_t count = wire_get_u32(in); count > 0; count--) {
		uint64_t row = wire_get_u64(in);

		MUST(row > above && row <= inbox->cursor);
		MUST(text_topic_fault(wire_get_str16(in)) == NULL);
		above = row;
	}
}

static void check_at(struct wire_in *in)
{
	wire_get_u8(in);
	MUST(wire_get_u64(in) == 0);
	MUST(wire_get_str16(in).len == 0 && wire_get_u8(in) == 0);
	MUST(wire_get_u32(in) == 0);
}

static void check_answer(uint8_t type, struct span body)
{
	const struct inbox *inbox = room.inboxes.all;
	struct wire_in in = wire_in(body);

	MUST(asked_count > 0 && wire_get_u64(&in) == asked[0].number);
	MUST((type == WIRE_AT) == (asked[0].type == WIRE_INBOX));
	if (type == WIRE_AT) {
		check_at(&in);
	} else {
		MUST(type == WIRE_TAKEN && wire_get_u64(&in) == inbox->cursor);
		check_refused(&in, inbox);
	}
	MUST(wire_done(&in));
	asked_count--;
	memmove(&asked[0], &asked[1], asked_count * sizeof(asked[0]));
}

static void hear_answers(void)
{
	struct buf *out = &room.peer.link.out;
	struct span rest = buf_span(out), body;
	uint8_t type;
	bool bad = false;

	for (size_t len; (len = wire_frame(rest, &type, &body, &bad)) > 0;) {
		check_answer(type, body);
		rest = span(rest.at + len, rest.len - len);
	}
	MUST(rest.len == 0 && !bad);
	buf_clear(out);
}

/* ---- a turn */

static void check_stored(size_t from)
{
	for (size_t i = from; i < rows.stored_count; i++) {
		const struct stored_event *event = &rows.stored[i];

		MUST(text_event_fault(
			     event->channel, event->type, event->data) == NULL);
		MUST(event_size(event->type, event->data) <= MAX_EVENT);
	}
}

static void turn(bool fails)
{
	struct inbox *inbox = room.inboxes.all;
	uint64_t before = inbox->cursor;
	size_t stored = rows.stored_count, taken = inbox->taken;
	struct asked first = asked[0];
	bool asks = asked_count > 0, read = inbox->read;

	rows.fails = fails;
	read_room_pull(&room);
	check_stored(stored);
	ledger_commit(&room.ledger);
	MUST(inbox->draft == inbox->cursor);
	if (!asks || first.type != WIRE_INBOX)
		MUST(inbox->cursor >= before);
	if (!asks || first.type != WIRE_ROWS || !read || fails ||
		(taken == 0 && first.from != before))
		MUST(rows.stored_count == stored &&
			(inbox->cursor == before ||
				(asks && first.type == WIRE_INBOX)));
	else
		MUST(inbox->cursor == first.to);
	inboxes_answer(&room.inboxes);
	hear_answers();
}

/* ---- what it says */

static void next_reader(void)
{
	inbox_leave(&room.inboxes, &room.peer);
	MUST(!room.inboxes.all[0].read && room.inboxes.all[0].why.len > 1);
	asked_count = 0;
	read_room_claim(&room);
}

/* It has been taken: what it was. */
static void note(uint8_t type, struct span body)
{
	struct wire_in in = wire_in(body);
	struct asked one = {.type = type, .number = wire_get_u64(&in)};

	if (type == WIRE_INBOX && wire_get_str8(&in).len == 0) {
		MUST(!room.inboxes.all[0].read);
		return; /* an excuse */
	}
	if (type == WIRE_ROWS) {
		one.from = wire_get_u64(&in);
		one.to = wire_get_u64(&in);
		MUST(one.from <= one.to);
	}
	MUST(asked_count < WIRE_AHEAD);
	asked[asked_count++] = one;
}

static void say(uint8_t type, struct span body)
{
	if (type == OUR_TURN || type == OUR_FAILED_TURN)
		turn(type == OUR_FAILED_TURN);
	else if (type == OUR_NEXT_READER ||
		 !inbox_hear(&room.inboxes, &room.peer, type, body))
		next_reader();
	else
		note(type, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_in in = wire_in(span(data, size));

	if (size > SIZE_MAX_OF_ALL)
		return 0;
	rows_clear();
	asked_count = 0;
	read_room_open(&room, MAX_EVENT);
	while (in.at < in.end && !in.failed) {
		uint8_t type = wire_get_u8(&in);
		size_t len = type >= OUR_TURN ? 0 : wire_get_u16(&in);
		size_t left = (size_t)(in.end - in.at);

		say(type, wire_get_bytes(&in, len < left ? len : left));
	}
	for (size_t i = 0; i < WIRE_AHEAD; i++)
		turn(false);
	MUST(asked_count == 0);
	read_room_close(&room);
	return 0;
}
