/* SPDX-License-Identifier: MIT */
/* hub/retention, hub/limits: how much one transaction deletes, and what is kept
 * by limits of its own */
#include <config.h>

#include "tests/unit/hub_room.h"

static void publish_many(struct room *room, int count)
{
	struct ledger *ledger = &room->ledger;
	struct channel *channel = channel_get(&ledger->channels, span_of("a"));

	assert_true(store_begin(&ledger->store));
	for (int i = 0; i < count; i++)
		assert_true(eventlog_append(&ledger->log, channel, span_of(""),
				    span_of(""), span_of("data")) > 0);
}

static uint64_t held(struct room *room)
{
	return channel_find(&room->ledger.channels, span_of("a"))->events;
}

/* The timer's step, the turn's and the one along with a commit may meet. */
static void test_publishers_wait_for_one_step_and_no_more(void **state)
{
	struct room *room = *state;
	struct retention *retention = &room->ledger.retention;

	publish_many(room, 5000);
	ledger_commit(&room->ledger);
	room->config.keep.events = 10;
	publish_many(room, 1);
	retention_step(retention);
	retention_step(retention);
	retention_keep_up(retention);
	ledger_commit(&room->ledger);
	assert_int_equal(held(room), 5001 - RETENTION_STEP);
	assert_true(retention->behind);
	retention_step(retention);
	ledger_commit(&room->ledger);
	assert_int_equal(held(room), 5001 - 2 * RETENTION_STEP);
}

static void test_of_large_events_a_step_takes_fewer(void **state)
{
	enum { SIZE = 60000 };
	struct room *room = *state;
	struct retention *retention = &room->ledger.retention;
	uint64_t before;
	char *data = mem_new(SIZE + 1);

	memset(data, 'x', SIZE);
	for (int i = 0; i < 300; i++)
		room_publish(room, "a", data);
	room->config.keep.events = 10;
	while (held(room) > 10) {
		before = held(room);
		retention_step(retention);
		retention_keep_up(retention);
		ledger_commit(&room->ledger);
		assert_true(
			before - held(room) <= RETENTION_STEP_BYTES / SIZE + 1);
		assert_true(held(room) < before);
		assert_true(held(room) == 10 || retention->behind);
	}
	free(data);
}

static void test_a_step_that_failed_is_done_again(void **state)
{
	struct room *room = *state;
	struct retention *retention = &room->ledger.retention;

	publish_many(room, 2000);
	ledger_commit(&room->ledger);
	room->config.keep.events = 10;
	retention_step(retention);
	room_roll_back(room);
	assert_int_equal(held(room), 2000);
	retention_step(retention);
	ledger_commit(&room->ledger);
	assert_int_equal(held(room), 2000 - RETENTION_STEP);
}

/* ---- channels that are kept differently */

static uint64_t held_of(struct room *room, const char *channel)
{
	const struct channel *at =
		channel_find(&room->ledger.channels, span_of(channel));

	return at == NULL ? 0 : at->events;
}

/* The hub is started with these. */
static void with_channels(
	struct room *room, struct config_channel *channels, size_t count)
{
	room_close(room);
	room->config.channels = channels;
	room->config.channel_count = count;
	room_open(room);
}

static void without_channels(struct room *room)
{
	room_close(room);
	room->config.channels = NULL;
	room->config.channel_count = 0;
	room_open(room);
}

static void tend(struct room *room, int times)
{
	for (int i = 0; i < times; i++) {
		ledger_tend(&room->ledger);
		ledger_commit(&room->ledger);
	}
}

static void publish(struct room *room, const char *channel, int count)
{
	for (int i = 0; i < count; i++)
		room_publish(room, channel, "data");
}

static void test_a_pattern_is_for_each_channel_by_itself(void **state)
{
	struct config_channel own[] = {
		{(char[]){"builds/{name}"}, {.events = 3}},
		{(char[]){"*"}, {.events = 5}},
		{(char[]){"builds/special"}, {.events = 7}},
	};
	struct room *room = *state;

	with_channels(room, own, COUNT(own));
	publish(room, "builds/a", 10);
	publish(room, "builds/b", 2);
	publish(room, "builds/special", 10);
	publish(room, "builds/x/y", 10);
	tend(room, 3);
	assert_int_equal(held_of(room, "builds/a"), 3);
	assert_int_equal(held_of(room, "builds/b"), 2);
	assert_int_equal(held_of(room, "builds/special"), 7);
	assert_int_equal(held_of(room, "builds/x/y"), 5);
	assert_int_equal(room->ledger.channels.sums.pool_events, 0);
	without_channels(room);
	assert_int_equal(room->ledger.channels.sums.pool_events, 17);
}

static void test_a_pattern_is_for_channels_that_were_there_before(void **state)
{
	struct config_channel own[] = {{(char[]){"a{n}"}, {.events = 1}}};
	struct room *room = *state;

	publish(room, "a1", 4);
	publish(room, "a2", 4);
	publish(room, "b", 4);
	with_channels(room, own, COUNT(own));
	tend(room, 2);
	assert_int_equal(held_of(room, "a1"), 1);
	assert_int_equal(held_of(room, "a2"), 1);
	assert_int_equal(held_of(room, "b"), 4);
	without_channels(room);
}

static void test_the_first_pattern_that_matches_counts(void **state)
{
	struct config_channel own[] = {
		{(char[]){"a{n}"}, {.events = 2}},
		{(char[]){"{n}b"}, {.events = 4}},
	};
	struct room *room = *state;

	with_channels(room, own, COUNT(own));
	publish(room, "ab", 6);
	publish(room, "bb", 6);
	tend(room, 2);
	assert_int_equal(held_of(room, "ab"), 2);
	assert_int_equal(held_of(room, "bb"), 4);
	without_channels(room);
}

/* Each goes on its own day, and nobody goes through all of them for it. */
static void test_very_many_are_kept_by_their_age(void **state)
{
	enum { MANY = 1000, HOUR = 3600 };
	struct config_channel own[] = {
		{(char[]){"n{x}"}, {.age_ms = HOUR * 1000}}};
	struct room *room = *state;
	char name[16];

	with_channels(room, own, COUNT(own));
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		room_publish(room, name, "data");
		hand_clock_pass(&room->hands, 1000000);
	}
	tend(room, MANY / RETENTION_LOOKS + 1);
	assert_null(limits_due(&room->ledger.channels.limits,
		calendar_date(&room->ledger.calendar)));
	hand_clock_pass(&room->hands, (HOUR - MANY / 2) * UINT64_C(1000000));
	tend(room, MANY);
	assert_int_equal(held_of(room, "n0"), 0);
	assert_int_equal(held_of(room, "n490"), 0);
	assert_int_equal(held_of(room, "n510"), 1);
	assert_int_equal(held_of(room, "n999"), 1);
	hand_clock_pass(&room->hands, HOUR * UINT64_C(1000000));
	tend(room, MANY);
	assert_int_equal(held_of(room, "n999"), 0);
	assert_int_equal(room->ledger.channels.limits.dates.count, 0);
	without_channels(room);
}

static void test_what_was_not_deleted_is_looked_at_again(void **state)
{
	struct config_channel own[] = {{(char[]){"a{n}"}, {.events = 1}}};
	struct room *room = *state;

	with_channels(room, own, COUNT(own));
	publish(room, "a1", 4);
	retention_step(&room->ledger.retention);
	room_roll_back(room);
	assert_int_equal(held_of(room, "a1"), 4);
	retention_step(&room->ledger.retention);
	ledger_commit(&room->ledger);
	assert_int_equal(held_of(room, "a1"), 1);
	without_channels(room);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)

	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_publishers_wait_for_one_step_and_no_more,
			room_setup, room_teardown),
		TEST(test_of_large_events_a_step_takes_fewer),
		cmocka_unit_test_setup_teardown(
			test_a_step_that_failed_is_done_again, room_setup,
			room_teardown),
		TEST(test_a_pattern_is_for_each_channel_by_itself),
		TEST(test_a_pattern_is_for_channels_that_were_there_before),
		TEST(test_the_first_pattern_that_matches_counts),
		TEST(test_very_many_are_kept_by_their_age),
		TEST(test_what_was_not_deleted_is_looked_at_again),
	};

	return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
