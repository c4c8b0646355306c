/* SPDX-License-Identifier: MIT */
/* hub/peers/publish_queue: which publishes a turn takes */
#include <config.h>

#include "tests/unit/hub_desk_fixture.h"

/* Appends one of so many events with so many bytes each. */
static void put_publish(
	struct buf *body, uint64_t number, uint32_t count, size_t bytes)
{
	char *data = mem_new(bytes + 1);

	wire_put_u64(body, number);
	wire_put_u64(body, 0);
	wire_put_u8(body, 0);
	wire_put_str16(body, span_of("a"));
	wire_put_str8(body, span_of(""));
	wire_put_str16(body, span_of(""));
	wire_put_u32(body, count);
	for (uint32_t i = 0; i < count; i++) {
		wire_put_str8(body, span_of(""));
		wire_put_blob(body, span(data, bytes));
	}
	free(data);
}

static void publish(
	struct peer *peer, uint64_t number, uint32_t count, size_t bytes)
{
	struct buf body = {0};

	put_publish(&body, number, count, bytes);
	say(peer, WIRE_PUBLISH, &body);
}

static void publish_short(struct peer *peer, uint64_t number)
{
	publish(peer, number, 1, 0);
}

static void publish_long(struct peer *peer, uint64_t number)
{
	publish(peer, number, 10, PUBLISH_SHORT / 10);
}

/* The numbers of those that were answered in this turn, in order. */
static void assert_turn(struct peer *peer, const char *expected)
{
	struct buf text = {0};

	desk_turn(&desk);
	while (link_pending(&peer->link) > 0) {
		struct wire_in in = heard(peer, WIRE_STORED);

		buf_printf(&text, "%s%u", text.len == 0 ? "" : " ",
			(unsigned)wire_get_u64(&in));
		assert_int_equal(wire_get_u8(&in), WIRE_OUT_STORED);
	}
	buf_add_char(&text, '\0');
	assert_string_equal(text.at, expected);
	buf_release(&text);
}

/* Each look at the clock takes more than a turn has. */
static uint64_t slow_mono_us(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, PUBLISH_US);
	return hands->mono_us;
}

static void slow_down(struct room *room)
{
	room->clock.mono_us = slow_mono_us;
}

static void test_short_ones_are_stored_before_long_ones_that_came_first(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	publish_long(peer, 1);
	publish_long(peer, 2);
	publish_short(peer, 3);
	publish_short(peer, 4);
	assert_turn(peer, "3 4 1 2");
}

static void test_a_turn_takes_one_long_one_if_that_uses_up_its_time(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	for (uint64_t number = 1; number <= 3; number++)
		publish_long(peer, number);
	slow_down(*state);
	assert_turn(peer, "1");
	assert_turn(peer, "2");
	assert_turn(peer, "3");
	assert_turn(peer, "");
}

static void test_short_ones_wait_too_when_the_turn_has_no_time(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);

	publish_short(peer, 1);
	hand_clock_pass(&room->hands, PUBLISH_US);
	publish_short(peer, 2);
	publish_short(peer, 3);
	assert_turn(peer, "1");
	publish_short(peer, 4);
	assert_turn(peer, "2 3 4");
}

/* Others use up each turn with what they say just then. */
static void test_short_ones_that_wait_come_before_those_of_others(void **state)
{
	struct room *room = *state;
	struct peer *one = desk_known(&desk);

	publish_short(one, 1);
	hand_clock_pass(&room->hands, PUBLISH_US);
	publish_short(one, 2);
	assert_turn(one, "1");
	for (uint64_t number = 3; number < 6; number++) {
		struct peer *other = desk_known(&desk);

		publish_short(other, number);
		hand_clock_pass(&room->hands, PUBLISH_US);
		assert_turn(one, number == 3 ? "2" : "");
	}
}

static void test_peers_with_long_ones_take_turns(void **state)
{
	struct peer *one = desk_known(&desk), *other = desk_known(&desk);

	publish_long(one, 1);
	publish_long(one, 2);
	publish_long(other, 3);
	publish_long(other, 4);
	slow_down(*state);
	desk_turn(&desk);
	desk_turn(&desk);
	assert_true(link_pending(&one->link) > 0);
	assert_int_equal(link_pending(&one->link), link_pending(&other->link));
}

static void test_what_waits_of_one_who_left_is_not_stored(void **state)
{
	struct room *room = *state;
	uint64_t newest = room->ledger.log.committed;
	struct peer *peer = desk_known(&desk);

	publish_long(peer, 1);
	peer_drop(peer, NULL);
	desk_turn(&desk);
	assert_int_equal(room->ledger.log.committed, newest);
	assert_int_equal(desk.publishes.waiting, 0);
}

static void test_a_long_one_that_is_malformed_ends_the_connection(void **state)
{
	struct peer *peer = desk_known(&desk);
	struct buf body = {0};

	(void)state;
	put_publish(&body, 1, 10, PUBLISH_SHORT);
	body.len--;
	say(peer, WIRE_PUBLISH, &body);
	publish_long(peer, 2);
	desk_turn(&desk);
	assert_true(peer->closed);
	assert_int_equal(desk.publishes.waiting, 0);
}

static void test_a_peer_has_so_many_bytes_waiting_and_no_more(void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t number = 0;

	(void)state;
	while (peer->publish_bytes <= PUBLISH_BYTES - (1 << 20))
		publish(peer, ++number, 16, 65000);
	publish(peer, ++number, 16, 65000);
	publish(peer, ++number, 16, 65000);
	assert_true(desk.publishes.waiting < number);
	assert_true(peer->publish_bytes <= PUBLISH_BYTES);
	assert_false(peer->closed);
}

static void test_all_that_came_is_stored_at_the_hubs_end(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);

	publish_long(peer, 1);
	publish_long(peer, 2);
	slow_down(room);
	publish_short(peer, 3);
	publish_queue_finish(&desk.publishes);
	assert_int_equal(desk.publishes.waiting, 0);
	assert_int_equal(room->ledger.log.rows, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_short_ones_are_stored_before_long_ones_that_came_first),
		TEST(test_a_turn_takes_one_long_one_if_that_uses_up_its_time),
		TEST(test_short_ones_wait_too_when_the_turn_has_no_time),
		TEST(test_short_ones_that_wait_come_before_those_of_others),
		TEST(test_peers_with_long_ones_take_turns),
		TEST(test_what_waits_of_one_who_left_is_not_stored),
		TEST(test_a_long_one_that_is_malformed_ends_the_connection),
		TEST(test_a_peer_has_so_many_bytes_waiting_and_no_more),
		TEST(test_all_that_came_is_stored_at_the_hubs_end),
	};

	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
