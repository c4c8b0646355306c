/* SPDX-License-Identifier: MIT */
/* hub/retention: how much one transaction deletes */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_publishers_wait_for_one_step_and_no_more,
			room_setup, room_teardown),
		cmocka_unit_test_setup_teardown(
			test_a_step_that_failed_is_done_again, room_setup,
			room_teardown),
	};

	return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
