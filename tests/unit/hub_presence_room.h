/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_PRESENCE_ROOM_H
#define TIDINGS_TESTS_UNIT_HUB_PRESENCE_ROOM_H
/*
 * hub_presence_room - subscribers who come and go, and what a hub tells of them
 */
#include "hub/peers/presence.h"
#include "tests/unit/hub_desk_fixture.h"

/* ---- what a responder says */

static inline void put_subscriber(struct buf *body, unsigned number)
{
	char bytes[ACTIVE_SUBSCRIBER + 1];

	snprintf(bytes, sizeof(bytes), "subscriber%06u", number);
	wire_put_bytes(body, bytes, ACTIVE_SUBSCRIBER);
}

static inline void join_two(struct peer *peer, unsigned number,
	const char *address, const char *topic, const char *other)
{
	struct buf body = {0};

	put_subscriber(&body, number);
	wire_put_str8(&body, span_of(address));
	wire_put_str16(&body, span_of("ann"));
	wire_put_str16(&body, span_of("{\"a\":1}"));
	wire_put_u16(&body, other == NULL ? 1 : 2);
	wire_put_str16(&body, span_of(topic));
	if (other != NULL)
		wire_put_str16(&body, span_of(other));
	wire_put_u8(&body, 1);
	say(peer, WIRE_JOINED, &body);
}

static inline void join(struct peer *peer, unsigned number)
{
	join_two(peer, number, "192.0.2.1", "room", NULL);
}

static inline void leave(struct peer *peer, unsigned number)
{
	struct buf body = {0};

	put_subscriber(&body, number);
	say(peer, WIRE_LEFT, &body);
}

/* A turn of the hub; so many further events tell of who is there. */
static inline uint64_t told(void)
{
	struct ledger *ledger = &desk.room->ledger;
	uint64_t before = ledger->figures.events;

	while (presence_step(&desk.presence))
		;
	ledger_commit(ledger);
	return ledger->figures.events - before;
}

static inline uint64_t told_after(uint64_t ms)
{
	hand_clock_pass(&desk.room->hands, ms * 1000);
	presence_tend(&desk.presence);
	return told();
}

/* How many are there, on a topic or on all (""). */
static inline uint32_t count(struct peer *peer, const char *topic)
{
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, 1);
	wire_put_str16(&body, span_of(topic));
	wire_put_str8(&body, span_of(""));
	wire_put_u64(&body, 0);
	wire_put_u16(&body, 1000);
	say(peer, WIRE_PRESENCE, &body);
	presence_run(&desk.presence);
	in = heard(peer, WIRE_PRESENT);
	wire_get_u64(&in);
	wire_get_u64(&in);
	assert_int_equal(wire_get_u8(&in), 0);
	return wire_get_u32(&in);
}

static inline void newest(struct wire_event *event)
{
	struct eventlog *log = &desk.room->ledger.log;

	eventlog_read(log, log->newest - 1, log->newest);
	assert_int_equal(
		eventlog_next(log, log->newest - 1, event), EVENTLOG_EVENT);
}

#endif
