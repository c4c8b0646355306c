/* SPDX-License-Identifier: MIT */
/* hub/calendar: by which date old things go, whatever the clock says */
#include <config.h>

#include "tests/unit/hub_room.h"

#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const uint64_t week_ms = 7 * DAY / 1000;

static void tick(struct room *room)
{
	ledger_tend(&room->ledger);
	ledger_commit(&room->ledger);
}

/* As the hub's ticks come, though not as often. */
static void pass(struct room *room, uint64_t us)
{
	const uint64_t step = 10 * MINUTE;

	for (; us > 0; us -= us < step ? us : step) {
		hand_clock_pass(&room->hands, us < step ? us : step);
		tick(room);
	}
}

static uint64_t held(struct room *room, const char *channel)
{
	return channel_find(&room->ledger.channels, span_of(channel))->events;
}

static int setup(void **state)
{
	struct room *room;

	room_setup(state);
	room = *state;
	room->config.keep.age_ms = week_ms;
	room_publish(room, "a", "1");
	tick(room);
	return 0;
}

static void test_a_clock_that_was_ahead_for_a_moment_deletes_nothing(
	void **state)
{
	struct room *room = *state;

	room->hands.wall_us += 8 * DAY;
	pass(room, 3 * SECOND);
	assert_int_equal(held(room, "a"), 1);
	room->hands.wall_us -= 8 * DAY;
	pass(room, 2 * HOUR);
	assert_int_equal(held(room, "a"), 1);
	pass(room, 7 * DAY);
	assert_int_equal(held(room, "a"), 0);
}

static void test_a_clock_that_stays_ahead_is_believed_after_an_hour(
	void **state)
{
	struct room *room = *state;

	room->hands.wall_us += 8 * DAY;
	tick(room);
	pass(room, HOUR - MINUTE);
	assert_true(room->ledger.calendar.doubted);
	assert_int_equal(held(room, "a"), 1);
	pass(room, 2 * MINUTE);
	assert_false(room->ledger.calendar.doubted);
	assert_int_equal(held(room, "a"), 0);
}

static void test_a_clock_that_goes_on_jumping_is_not_believed(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 10; i++) {
		room->hands.wall_us += 8 * DAY;
		pass(room, HOUR - MINUTE);
	}
	assert_int_equal(held(room, "a"), 1);
	pass(room, HOUR);
	assert_int_equal(held(room, "a"), 0);
}

static void test_many_small_jumps_are_a_large_one(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 3; i++) {
		room->hands.wall_us += 30 * SECOND;
		hand_clock_pass(&room->hands, SECOND);
		tick(room);
	}
	assert_true(room->ledger.calendar.doubted);
}

static void test_a_clock_that_goes_back_deletes_nothing_either(void **state)
{
	struct room *room = *state;

	pass(room, 7 * DAY - 30 * MINUTE);
	room->hands.wall_us -= 300 * DAY;
	pass(room, 50 * MINUTE);
	assert_true(room->ledger.calendar.doubted);
	assert_int_equal(held(room, "a"), 1);
	room->hands.wall_us += 300 * DAY;
	tick(room);
	assert_int_equal(held(room, "a"), 0);
}

/* A machine that came up with a wrong year, and then found the right one. */
static void test_what_comes_after_a_clock_was_put_back_stays(void **state)
{
	struct room *room = *state;
	struct digest digest = {1, 2};
	struct channel *channel;
	uint64_t id;
	struct keyed found;

	pass(room, 8 * DAY);
	assert_int_equal(held(room, "a"), 0);
	room->hands.wall_us += 300 * DAY;
	pass(room, 2 * HOUR);
	assert_false(room->ledger.calendar.doubted);
	room->hands.wall_us -= 300 * DAY;
	tick(room);
	id = room_add(room, "b", "1");
	channel = channel_find(&room->ledger.channels, span_of("b"));
	keys_add(&room->ledger.keys, channel, span_of("key"), digest, id,
		room->ledger.log.at);
	ledger_commit(&room->ledger);
	pass(room, HOUR / 2);
	assert_true(room->ledger.calendar.doubted);
	assert_int_equal(held(room, "b"), 1);
	assert_int_equal(keys_look(&room->ledger.keys, channel, span_of("key"),
				 digest, &found),
		KEY_REPEATED);
	pass(room, 2 * HOUR);
	assert_int_equal(held(room, "b"), 1);
}

static void test_a_start_with_a_clock_far_ahead_deletes_nothing_for_an_hour(
	void **state)
{
	struct room *room = *state;

	room_close(room);
	room->hands.wall_us += 8 * DAY;
	room_open(room);
	pass(room, HOUR - MINUTE);
	assert_int_equal(held(room, "a"), 1);
	pass(room, 2 * MINUTE);
	assert_int_equal(held(room, "a"), 0);
}

static void test_a_start_soon_after_the_end_believes_the_clock(void **state)
{
	struct room *room = *state;

	room_publish(room, "b", "1");
	pass(room, 3 * DAY);
	room_close(room);
	hand_clock_pass(&room->hands, 59 * MINUTE);
	room_open(room);
	assert_false(room->ledger.calendar.doubted);
	pass(room, 4 * DAY);
	assert_int_equal(held(room, "a"), 0);
}

/* What was published meanwhile has the new time; the doubt is kept. */
static void test_a_doubt_outlives_a_restart(void **state)
{
	struct room *room = *state;

	room->hands.wall_us += 8 * DAY;
	pass(room, 2 * MINUTE);
	room_publish(room, "b", "with the new time");
	room_reopen(room);
	assert_true(room->ledger.calendar.doubted);
	pass(room, HOUR / 2);
	assert_int_equal(held(room, "a"), 1);
	room->hands.wall_us -= 8 * DAY;
	pass(room, 2 * HOUR);
	assert_int_equal(held(room, "a"), 1);
	assert_int_equal(held(room, "b"), 1);
}

static void test_a_key_is_known_while_the_clock_is_doubted(void **state)
{
	struct room *room = *state;
	struct digest digest = {1, 2};
	struct channel *channel;
	uint64_t id = room_add(room, "k", "1");
	struct keyed found;

	channel = channel_find(&room->ledger.channels, span_of("k"));
	keys_add(&room->ledger.keys, channel, span_of("key"), digest, id,
		room->ledger.log.at);
	ledger_commit(&room->ledger);
	room->hands.wall_us += 8 * DAY;
	pass(room, MINUTE);
	assert_int_equal(keys_look(&room->ledger.keys, channel, span_of("key"),
				 digest, &found),
		KEY_REPEATED);
	pass(room, 2 * HOUR);
	assert_int_equal(keys_look(&room->ledger.keys, channel, span_of("key"),
				 digest, &found),
		KEY_NEW);
}

static void test_a_clock_of_1970_deletes_nothing(void **state)
{
	struct room *room = *state;

	room_close(room);
	room->hands.wall_us = 10 * SECOND;
	room_open(room);
	tick(room);
	assert_int_equal(calendar_before(&room->ledger.calendar, week_ms), 0);
	room->hands.wall_us = clock_wall_us() + 8 * DAY;
	pass(room, HOUR - MINUTE);
	assert_int_equal(held(room, "a"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_clock_that_was_ahead_for_a_moment_deletes_nothing),
		TEST(test_a_clock_that_stays_ahead_is_believed_after_an_hour),
		TEST(test_a_clock_that_goes_on_jumping_is_not_believed),
		TEST(test_many_small_jumps_are_a_large_one),
		TEST(test_a_clock_that_goes_back_deletes_nothing_either),
		TEST(test_what_comes_after_a_clock_was_put_back_stays),
		TEST(test_a_start_with_a_clock_far_ahead_deletes_nothing_for_an_hour),
		TEST(test_a_start_soon_after_the_end_believes_the_clock),
		TEST(test_a_doubt_outlives_a_restart),
		TEST(test_a_key_is_known_while_the_clock_is_doubted),
		TEST(test_a_clock_of_1970_deletes_nothing),
	};

	return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
