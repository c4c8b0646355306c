/* SPDX-License-Identifier: MIT */
/* hub/presence: who is there, and what the log is told of it */
#include <config.h>

#include "hub/peers/presence.h"
#include "lib/event/traits.h"
#include "tests/unit/hub_desk.h"

static struct desk desk;

static int setup(void **state)
{
	int failed = room_setup(state);

	desk_open(&desk, *state);
	return failed;
}

static int teardown(void **state)
{
	desk_close(&desk);
	return room_teardown(state);
}

/* ---- what a responder says */

static void put_subscriber(struct buf *body, unsigned number)
{
	char bytes[ACTIVE_SUBSCRIBER + 1];

	snprintf(bytes, sizeof(bytes), "subscriber%06u", number);
	wire_put_bytes(body, bytes, ACTIVE_SUBSCRIBER);
}

static void join_two(struct peer *peer, unsigned number, const char *address,
	const char *topic, const char *other)
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
	say(peer, WIRE_JOINED, &body);
}

static void join(struct peer *peer, unsigned number)
{
	join_two(peer, number, "192.0.2.1", "room", NULL);
}

static void leave(struct peer *peer, unsigned number)
{
	struct buf body = {0};

	put_subscriber(&body, number);
	say(peer, WIRE_LEFT, &body);
}

/* A turn of the hub; so many further events tell of who is there. */
static uint64_t told(void)
{
	struct ledger *ledger = &desk.room->ledger;
	uint64_t before = ledger->figures.events;

	while (presence_step(&desk.presence))
		;
	ledger_commit(ledger);
	return ledger->figures.events - before;
}

static uint64_t told_after(uint64_t ms)
{
	hand_clock_pass(&desk.room->hands, ms * 1000);
	presence_tend(&desk.presence);
	return told();
}

/* How many are there, on a topic or on all (""). */
static uint32_t count(struct peer *peer, const char *topic)
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

static void newest(struct wire_event *event)
{
	struct eventlog *log = &desk.room->ledger.log;

	eventlog_read(log, log->newest - 1, log->newest);
	assert_int_equal(
		eventlog_next(log, log->newest - 1, event), EVENTLOG_EVENT);
}

/* ---- tests */

static void test_who_joins_and_leaves_is_an_event_each(void **state)
{
	struct peer *peer = desk_known(&desk);
	struct wire_event event;
	struct active active;

	(void)state;
	join(peer, 1);
	assert_int_equal(told(), 1);
	newest(&event);
	assert_true(span_is(event.channel, ACTIVE_CHANNEL));
	assert_true(traits_are_private(event.traits));
	assert_false(traits_have_expired(event.traits, event.at + 3599999));
	assert_true(traits_have_expired(event.traits, event.at + 3600000));
	assert_true(active_get(event.traits, &active));
	assert_true(active.here && span_is(active.topic, "room"));
	assert_true(span_is(active.user, "ann"));
	assert_int_equal(active.since, event.at);
	assert_memory_equal(active.subscriber, "subscriber000001", 16);
	assert_int_equal(count(peer, "room"), 1);
	assert_int_equal(count(peer, "elsewhere"), 0);
	eventlog_rest(&desk.room->ledger.log);

	leave(peer, 1);
	assert_int_equal(told(), 1);
	newest(&event);
	assert_true(active_get(event.traits, &active) && !active.here);
	assert_int_equal(count(peer, ""), 0);
	eventlog_rest(&desk.room->ledger.log);
}

static void test_what_is_said_again_is_told_once(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	join(peer, 1);
	assert_int_equal(told(), 1);
	join(peer, 1);
	assert_int_equal(told(), 0);
	leave(peer, 2);
	leave(peer, 1);
	leave(peer, 1);
	assert_int_equal(told(), 1);
	assert_int_equal(told(), 0);
}

static void test_who_leaves_before_he_was_told_of_is_never_told_of(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	leave(peer, 1);
	assert_int_equal(told(), 0);
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_a_stream_of_several_topics_is_an_event_for_each(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join_two(peer, 1, "::1", "a", "b/{x}");
	assert_int_equal(told(), 2);
	assert_int_equal(count(peer, "a"), 1);
	assert_int_equal(count(peer, "b/{x}"), 1);
	assert_int_equal(count(peer, ""), 2);
	leave(peer, 1);
	assert_int_equal(told(), 2);
}

static void test_a_peer_that_is_gone_has_left_with_all_after_five_seconds(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	join(peer, 2);
	assert_int_equal(told(), 2);
	peer_drop(peer, NULL);
	peers_flush(&desk.peers);
	assert_int_equal(told_after(WIRE_GONE_MS - 1), 0);
	assert_int_equal(told_after(2), 2);
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_who_is_joined_again_in_time_has_never_left(void **state)
{
	struct peer *peer = desk_known(&desk), *back;

	(void)state;
	join(peer, 1);
	join(peer, 2);
	assert_int_equal(told(), 2);
	peer_drop(peer, NULL);
	peers_flush(&desk.peers);
	back = desk_known(&desk);
	join(back, 1);
	assert_int_equal(told_after(WIRE_GONE_MS + 1), 1);
	assert_int_equal(count(back, "room"), 1);
}

static void test_a_hub_that_starts_again_knows_who_was_there(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);

	join(peer, 1);
	join_two(peer, 2, "::1", "room", "other");
	leave(peer, 3);
	assert_int_equal(told(), 3);
	desk_close(&desk);
	room_reopen(room);
	desk_open(&desk, room);
	peer = desk_known(&desk);
	assert_int_equal(count(peer, "room"), 2);
	join_two(peer, 2, "::1", "room", "other");
	assert_int_equal(told_after(WIRE_GONE_MS - 1), 0);
	assert_int_equal(told_after(2), 1);
	assert_int_equal(count(peer, "room"), 1);
	assert_int_equal(count(peer, "other"), 1);
}

static void test_a_transaction_that_fails_is_told_of_again(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);

	join(peer, 1);
	presence_step(&desk.presence);
	room_roll_back(room);
	assert_int_equal(count(peer, "room"), 0);
	assert_int_equal(told(), 1);
	leave(peer, 1);
	presence_step(&desk.presence);
	room_roll_back(room);
	assert_int_equal(count(peer, "room"), 1);
	assert_int_equal(told(), 1);
	assert_int_equal(count(peer, "room"), 0);
}

static void test_changes_of_mind_within_a_transaction_are_told_in_order(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	presence_step(&desk.presence);
	leave(peer, 1);
	assert_int_equal(told(), 1);
	assert_int_equal(told(), 1);
	assert_int_equal(count(peer, "room"), 0);
	join(peer, 1);
	assert_int_equal(told(), 1);
	leave(peer, 1);
	presence_step(&desk.presence);
	join(peer, 1);
	assert_int_equal(told(), 1);
	assert_int_equal(told(), 1);
	assert_int_equal(count(peer, "room"), 1);
}

static void test_beyond_an_addresss_budget_it_is_told_later(void **state)
{
	struct room *room = *state;
	struct peer *peer;

	room->config.presence_rate = 2;
	desk_close(&desk);
	room_reopen(room);
	desk_open(&desk, room);
	peer = desk_known(&desk);
	for (unsigned i = 0; i < 210; i++)
		join_two(peer, i, "192.0.2.1", "room", NULL);
	join_two(peer, 1000, "192.0.2.2", "room", NULL);
	assert_int_equal(told(), 200 + 1);
	assert_int_equal(told(), 0);
	assert_int_equal(told_after(2000), 4);
	for (unsigned i = 205; i < 210; i++)
		leave(peer, i);
	assert_int_equal(told_after(1000), 1);
	assert_int_equal(count(peer, "room"), 206);
	assert_int_equal(told_after(60000), 0);
}

static void test_nobody_else_publishes_who_is_there(void **state)
{
	struct peer *peer = desk_known(&desk);
	struct buf body = {0};
	struct wire_in in;

	(void)state;
	wire_put_u64(&body, 1);
	wire_put_u64(&body, 0);
	wire_put_u8(&body, 0);
	wire_put_str16(&body, span_of(ACTIVE_CHANNEL "/a/b"));
	wire_put_str8(&body, span_of(""));
	wire_put_str16(&body, span_of(""));
	wire_put_u32(&body, 1);
	wire_put_str8(&body, span_of(""));
	wire_put_blob(&body, span_of("forged"));
	say(peer, WIRE_PUBLISH, &body);
	desk_turn(&desk);
	in = heard(peer, WIRE_STORED);
	wire_get_u64(&in);
	assert_int_equal(wire_get_u8(&in), WIRE_OUT_INVALID);
}

static void test_joins_push_no_event_of_a_user_out(void **state)
{
	struct room *room = *state;
	const struct channel *channel;
	struct peer *peer = desk_known(&desk);

	room->config.keep.events = 10;
	for (int i = 0; i < 10; i++)
		room_publish(room, "users", "an event");
	for (unsigned i = 0; i < 5000; i++)
		join(peer, i);
	assert_int_equal(told(), 5000);
	ledger_tend(&room->ledger);
	channel = channel_find(&room->ledger.channels, span_of("users"));
	assert_int_equal(channel->events, 10);
	assert_int_equal(room->ledger.channels.sums.pool_events, 10);
	assert_int_equal(told_after(3700000), 0);
	ledger_tend(&room->ledger);
}

static void test_a_malformed_join_ends_the_connection(void **state)
{
	static const struct {
		const char *name, *topic;
		unsigned count;
	} cases[] = {
		{"no topic", "", 0},
		{"an empty topic", "", 1},
		{"one that is no UTF-8", "\xff", 1},
		{"fewer than it says", "a", 2},
		{"too many", "a", 101},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *peer = desk_known(&desk);
		struct buf body = {0};

		put_subscriber(&body, 1);
		wire_put_str8(&body, span_of("::1"));
		wire_put_str16(&body, span_of(""));
		wire_put_str16(&body, span_of(""));
		wire_put_u16(&body, (uint16_t)cases[i].count);
		if (cases[i].count > 0)
			wire_put_str16(&body, span_of(cases[i].topic));
		for (unsigned n = 100; n < cases[i].count; n++)
			for (unsigned left = n; left > 0; left--)
				wire_put_str16(&body, span_of("a"));
		say(peer, WIRE_JOINED, &body);
		CHECK(cases[i].name, peer->closed);
	}
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_a_list_is_read_in_pages_while_others_come_and_go(void **state)
{
	struct peer *peer = desk_known(&desk);
	struct wire_in in;
	uint64_t after = 0;
	unsigned seen = 0;
	bool more = true;

	(void)state;
	for (unsigned i = 0; i < 700; i++)
		join(peer, i);
	told();
	while (more) {
		struct buf body = {0};
		uint32_t lines;

		wire_put_u64(&body, 1);
		wire_put_str16(&body, span_of("room"));
		wire_put_str8(&body, span_of(""));
		wire_put_u64(&body, after);
		wire_put_u16(&body, 200);
		say(peer, WIRE_PRESENCE, &body);
		presence_run(&desk.presence);
		in = heard(peer, WIRE_PRESENT);
		wire_get_u64(&in);
		assert_true(wire_get_u64(&in) > after);
		more = wire_get_u8(&in);
		lines = wire_get_u32(&in);
		for (uint32_t i = 0; i < lines; i++, seen++) {
			uint64_t id = wire_get_u64(&in);

			assert_true(id > after);
			after = id;
			wire_get_bytes(&in, ACTIVE_SUBSCRIBER);
			wire_get_u64(&in);
			assert_true(span_is(wire_get_str16(&in), "room"));
			assert_true(span_is(wire_get_str16(&in), "ann"));
			assert_true(span_is(wire_get_str16(&in), "{\"a\":1}"));
		}
		assert_true(wire_done(&in));
		leave(peer, seen - 1); /* on which the next page begins */
		told();
	}
	assert_int_equal(seen, 700);
}

/* ---- who asks much */

static void ask(struct peer *peer)
{
	struct buf body = {0};

	wire_put_u64(&body, 1);
	wire_put_str16(&body, span_of("room"));
	wire_put_str8(&body, span_of(""));
	wire_put_u64(&body, UINT64_MAX);
	wire_put_u16(&body, 1);
	say(peer, WIRE_PRESENCE, &body);
}

/* A clock on which each look at it is a whole turn's time. */
static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, PRESENCE_US);
	return hands->mono_us;
}

static void test_who_asks_much_keeps_no_other_waiting(void **state)
{
	struct room *room = *state;
	struct peer *peers[] = {
		desk_known(&desk), desk_known(&desk), desk_known(&desk)};

	for (size_t i = 0; i < COUNT(peers); i++)
		for (int times = 0; times < 2; times++)
			ask(peers[i]);
	room->clock.mono_us = hurry;
	for (int turn = 1; turn <= 6; turn++) {
		/* There is time for one answer. */
		assert_int_equal(presence_run(&desk.presence), turn < 6);
		heard(peers[(turn - 1) % 3], WIRE_PRESENT);
		for (size_t i = 0; i < COUNT(peers); i++)
			assert_int_equal(link_pending(&peers[i]->link), 0);
	}
	assert_false(presence_run(&desk.presence));
}

static void test_who_takes_no_answers_is_not_waited_for(void **state)
{
	struct peer *full = desk_known(&desk), *other = desk_known(&desk);
	struct buf filling = {0};

	(void)state;
	buf_reserve(&filling, PEER_OUT_MAX);
	filling.len = PEER_OUT_MAX;
	memset(filling.at, 0, filling.len);
	buf_add_span(&full->link.out, buf_span(&filling));
	ask(full);
	ask(other);
	assert_false(presence_run(&desk.presence));
	heard(other, WIRE_PRESENT);
	assert_int_equal(link_pending(&full->link), PEER_OUT_MAX);
	link_cut(&full->link, 0);
	assert_false(presence_run(&desk.presence));
	heard(full, WIRE_PRESENT);
	buf_release(&filling);
}

static void test_many_joins_and_leaves_a_second_fit_into_group_commits(
	void **state)
{
	enum { CHANGES = 20000 };
	struct peer *peer = desk_known(&desk);
	struct ledger *ledger = &desk.room->ledger;
	uint64_t began, took, events = ledger->figures.events;

	(void)state;
	began = clock_work_us();
	for (unsigned i = 0; i < CHANGES / 2; i++) {
		join(peer, i);
		if (i >= 1000)
			leave(peer, i - 1000);
		if (i % 500 == 499)
			told();
	}
	for (unsigned i = CHANGES / 2 - 1000; i < CHANGES / 2; i++)
		leave(peer, i);
	told();
	took = clock_work_us() - began;
	assert_int_equal(ledger->figures.events - events, CHANGES);
	assert_int_equal(desk.presence.presents.count, 0);
	print_message("%u us a change\n", (unsigned)(took / CHANGES));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_who_joins_and_leaves_is_an_event_each),
		TEST(test_what_is_said_again_is_told_once),
		TEST(test_who_leaves_before_he_was_told_of_is_never_told_of),
		TEST(test_a_stream_of_several_topics_is_an_event_for_each),
		TEST(test_a_peer_that_is_gone_has_left_with_all_after_five_seconds),
		TEST(test_who_is_joined_again_in_time_has_never_left),
		TEST(test_a_hub_that_starts_again_knows_who_was_there),
		TEST(test_a_transaction_that_fails_is_told_of_again),
		TEST(test_changes_of_mind_within_a_transaction_are_told_in_order),
		TEST(test_beyond_an_addresss_budget_it_is_told_later),
		TEST(test_nobody_else_publishes_who_is_there),
		TEST(test_joins_push_no_event_of_a_user_out),
		TEST(test_a_malformed_join_ends_the_connection),
		TEST(test_a_list_is_read_in_pages_while_others_come_and_go),
		TEST(test_who_asks_much_keeps_no_other_waiting),
		TEST(test_who_takes_no_answers_is_not_waited_for),
		TEST(test_many_joins_and_leaves_a_second_fit_into_group_commits),
	};

	return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
