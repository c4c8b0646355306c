/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/uplink.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

/* ---- what waits for its answer */

static struct buf *ask(struct uplink *uplink, enum wire_type type, uint64_t to)
{
	struct buf *out = link_begin(&uplink->link, type);

	uplink->asked[uplink->asked_count++] = (struct uplink_asked){
		.type = (uint8_t)type,
		.number = ++uplink->number,
		.to = to,
	};
	wire_put_u64(out, uplink->number);
	return out;
}

static size_t count_asked(const struct uplink *uplink, uint8_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < uplink->asked_count; i++)
		count += uplink->asked[i].type == type;
	return count;
}

static void make_void(struct uplink *uplink)
{
	for (size_t i = 0; i < uplink->asked_count; i++)
		uplink->asked[i].is_void = true;
}

/* The oldest, whose answer has come; false if it is another's. */
static bool answered(struct uplink *uplink, uint64_t number, uint8_t type,
	struct uplink_asked *asked)
{
	*asked = uplink->asked[0];
	if (uplink->asked_count == 0 || asked->number != number ||
		(asked->type == WIRE_INBOX) != (type == WIRE_AT))
		return false;
	uplink->asked_count--;
	memmove(&uplink->asked[0], &uplink->asked[1],
		uplink->asked_count * sizeof(*asked));
	return true;
}

/* ---- said */

bool uplink_identify(struct uplink *uplink, const uint8_t *identity)
{
	struct buf *out;

	if (uplink->asked_count == WIRE_AHEAD)
		return false;
	make_void(uplink);
	out = ask(uplink, WIRE_INBOX, 0);
	wire_put_str8(out, span(identity, 16));
	wire_put_str16(out, span_of(""));
	link_end(&uplink->link);
	return true;
}

/* No longer than it may be, and without half a character at its end. */
static struct span cut(struct span why)
{
	if (why.len <= WIRE_REASON_MAX)
		return why;
	why.len = WIRE_REASON_MAX;
	while (why.len > 0 && ((unsigned char)why.at[why.len] & 0xc0) == 0x80)
		why.len--;
	return why;
}

void uplink_excuse(struct uplink *uplink, const char *why)
{
	struct span text = cut(span_of(why));
	struct buf *out = link_begin(&uplink->link, WIRE_INBOX);

	wire_put_u64(out, 0);
	wire_put_str8(out, span_of(""));
	wire_put_str16(out, text);
	link_end(&uplink->link);
}

bool uplink_takes_rows(const struct uplink *uplink)
{
	return count_asked(uplink, WIRE_ROWS) < UPLINK_ROWS_AHEAD &&
	       uplink->asked_count < WIRE_AHEAD;
}

void uplink_rows(struct uplink *uplink, uint64_t from, uint64_t to,
	uint32_t count, struct span rows)
{
	struct buf *out = ask(uplink, WIRE_ROWS, to);

	wire_put_u64(out, from);
	wire_put_u64(out, to);
	wire_put_u32(out, count);
	wire_put_bytes(out, rows.at, rows.len);
	link_end(&uplink->link);
}

bool uplink_takes_told(const struct uplink *uplink)
{
	return count_asked(uplink, WIRE_TOLD) == 0 &&
	       uplink->asked_count < WIRE_AHEAD;
}

void uplink_told(struct uplink *uplink, uint32_t count, struct span rows)
{
	struct buf *out = ask(uplink, WIRE_TOLD, 0);

	wire_put_u32(out, count);
	wire_put_bytes(out, rows.at, rows.len);
	link_end(&uplink->link);
}

void uplink_stock(struct uplink *uplink, const struct uplink_stock *stock)
{
	const struct uplink_stock *said = &uplink->stock;
	struct buf *out;

	if (said->confined == stock->confined && said->rows == stock->rows &&
		said->lost == stock->lost)
		return;
	uplink->stock = *stock;
	out = link_begin(&uplink->link, WIRE_STOCK);
	wire_put_u8(out, stock->confined);
	wire_put_u64(out, stock->rows);
	wire_put_u32(out, stock->lost);
	link_end(&uplink->link);
}

/* ---- heard: each returns false if it is malformed */

static void hand_out(const struct uplink *uplink, struct wire_in *in,
	uint32_t count, void (*each)(void *, uint64_t, struct span))
{
	for (uint32_t i = 0; i < count && !in->failed; i++) {
		uint64_t row = wire_get_u64(in);
		struct span reason = wire_get_str16(in);

		if (!in->failed && each != NULL)
			each(uplink->sink.arg, row, reason);
	}
}

static bool on_at(struct uplink *uplink, struct wire_in *in)
{
	struct uplink_asked asked;
	bool good = answered(uplink, wire_get_u64(in), WIRE_AT, &asked);
	bool known = wire_get_u8(in) != 0;
	uint64_t cursor = wire_get_u64(in);
	struct span stop = wire_get_str16(in);
	bool more = wire_get_u8(in) != 0;
	uint32_t count = wire_get_u32(in);

	if (!good || in->failed)
		return false;
	hand_out(uplink, in, count, asked.is_void ? NULL : uplink->sink.reason);
	if (!wire_done(in))
		return false;
	if (asked.is_void)
		return true;
	uplink->more = more;
	uplink->sink.at(uplink->sink.arg, known, cursor, stop);
	return true;
}

static bool on_taken(struct uplink *uplink, struct wire_in *in)
{
	struct uplink_asked asked;
	bool good = answered(uplink, wire_get_u64(in), WIRE_TAKEN, &asked);
	uint64_t cursor = wire_get_u64(in);
	uint32_t count = wire_get_u32(in);

	if (!good || in->failed)
		return false;
	hand_out(
		uplink, in, count, asked.is_void ? NULL : uplink->sink.refused);
	if (!wire_done(in))
		return false;
	if (asked.is_void || asked.type != WIRE_ROWS)
		return true;
	if (cursor < asked.to)
		make_void(uplink);
	uplink->sink.taken(uplink->sink.arg, cursor, cursor >= asked.to);
	return true;
}

static bool on_welcome(struct uplink *uplink, struct wire_in *in)
{
	(void)uplink;
	/* Another version's WELCOME may go on in a way that we do not know. */
	return wire_get_u16(in) == WIRE_VERSION && !in->failed;
}

static bool on_refused(struct uplink *uplink, struct wire_in *in)
{
	struct span sentence = wire_get_str16(in);
	char *why = mem_text(sentence);

	uplink->sink.gone(uplink->sink.owner, why);
	free(why);
	return true;
}

static bool on_pong(struct uplink *uplink, struct wire_in *in)
{
	(void)uplink;
	wire_get_u64(in);
	return wire_done(in);
}

static bool (*const frames[])(struct uplink *, struct wire_in *) = {
	[WIRE_WELCOME] = on_welcome,
	[WIRE_REFUSED] = on_refused,
	[WIRE_PONG] = on_pong,
	[WIRE_AT] = on_at,
	[WIRE_TAKEN] = on_taken,
};

static void on_frame(void *owner, uint8_t type, struct span body)
{
	struct uplink *uplink = owner;
	struct wire_in in = wire_in(body);

	uplink->heard = loop_now_us(uplink->loop);
	if (type >= sizeof(frames) / sizeof(frames[0]) || frames[type] == NULL)
		return; /* what was on its way before READER came */
	if (!frames[type](uplink, &in))
		link_close(
			&uplink->link, "the hub said what is not understood");
}

static void on_closed(void *owner, const char *why)
{
	struct uplink *uplink = owner;

	uplink->sink.gone(uplink->sink.owner, why);
}

/* ---- beginning and end */

static void on_ping(void *arg)
{
	struct uplink *uplink = arg;

	if (loop_now_us(uplink->loop) - uplink->heard > UPLINK_PATIENCE_US) {
		link_close(&uplink->link, "the hub does not answer");
		return;
	}
	wire_put_u64(link_begin(&uplink->link, WIRE_PING), 0);
	link_end(&uplink->link);
}

void uplink_open(struct uplink *uplink, struct loop *loop, int fd,
	const struct uplink_sink *sink)
{
	*uplink = (struct uplink){.loop = loop, .sink = *sink};
	uplink->heard = loop_now_us(loop);
	uplink->link.owner = uplink;
	uplink->link.frame = on_frame;
	uplink->link.closed = on_closed;
	link_open(&uplink->link, loop, fd);
	timer_init(&uplink->ping, on_ping, uplink);
	timer_set(loop_timers(loop), &uplink->ping, UPLINK_PING_US,
		UPLINK_PING_US);
}

static void on_end(void *owner, const char *why)
{
	(void)owner;
	(void)why;
}

void uplink_close(struct uplink *uplink)
{
	timer_stop(loop_timers(uplink->loop), &uplink->ping);
	uplink->link.closed = on_end;
	link_close(&uplink->link, NULL);
}
