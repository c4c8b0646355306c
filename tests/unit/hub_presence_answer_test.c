/* SPDX-License-Identifier: MIT */
/* hub/presence_answer: who asks who is there */
#include <config.h>

#include "tests/unit/hub_presence_room.h"

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
			assert_int_equal(wire_get_u8(&in), 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_list_is_read_in_pages_while_others_come_and_go),
		TEST(test_who_asks_much_keeps_no_other_waiting),
		TEST(test_who_takes_no_answers_is_not_waited_for),
	};

	return cmocka_run_group_tests_name(
		"presence_answer", tests, NULL, NULL);
}
