/* SPDX-License-Identifier: MIT */
/* hub/presence: who is there, and what the log is told of it */
#include <config.h>

#include "lib/event/traits.h"
#include "tests/unit/hub_presence_room.h"

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
	assert_true(active.here && active.open);
	assert_true(span_is(active.topic, "room"));
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

static void test_who_does_not_say_that_it_is_for_all_is_not_open(void **state)
{
	struct peer *peer = desk_known(&desk);
	struct wire_event event;
	struct active active;
	struct buf body = {0};

	(void)state;
	put_subscriber(&body, 1);
	wire_put_str8(&body, span_of("::1"));
	wire_put_str16(&body, span_of("ann"));
	wire_put_str16(&body, span_of("1"));
	wire_put_u16(&body, 1);
	wire_put_str16(&body, span_of("room"));
	say(peer, WIRE_JOINED, &body);
	assert_int_equal(told(), 1);
	newest(&event);
	assert_true(active_get(event.traits, &active) && !active.open);
	assert_true(span_is(active.topic, "room"));
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

static void test_an_address_that_was_quiet_for_an_hour_has_one_burst(
	void **state)
{
	struct room *room = *state;
	struct peer *peer;

	room->config.presence_rate = 2;
	desk_close(&desk);
	room_reopen(room);
	desk_open(&desk, room);
	peer = desk_known(&desk);
	join_two(peer, 1, "192.0.2.1", "room", NULL);
	assert_int_equal(told(), 1);
	assert_int_equal(told_after(3600000), 0);
	for (unsigned i = 1000; i < 1300; i++)
		join_two(peer, i, "192.0.2.1", "room", NULL);
	assert_int_equal(told(), 200);
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
	const struct CMUnitTest tests[] = {
		TEST(test_who_joins_and_leaves_is_an_event_each),
		TEST(test_who_does_not_say_that_it_is_for_all_is_not_open),
		TEST(test_what_is_said_again_is_told_once),
		TEST(test_who_leaves_before_he_was_told_of_is_never_told_of),
		TEST(test_a_stream_of_several_topics_is_an_event_for_each),
		TEST(test_a_peer_that_is_gone_has_left_with_all_after_five_seconds),
		TEST(test_who_is_joined_again_in_time_has_never_left),
		TEST(test_a_hub_that_starts_again_knows_who_was_there),
		TEST(test_a_transaction_that_fails_is_told_of_again),
		TEST(test_changes_of_mind_within_a_transaction_are_told_in_order),
		TEST(test_beyond_an_addresss_budget_it_is_told_later),
		TEST(test_an_address_that_was_quiet_for_an_hour_has_one_burst),
		TEST(test_nobody_else_publishes_who_is_there),
		TEST(test_joins_push_no_event_of_a_user_out),
		TEST(test_a_malformed_join_ends_the_connection),
		TEST(test_many_joins_and_leaves_a_second_fit_into_group_commits),
	};

	return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
