/* SPDX-License-Identifier: MIT */
/* hub/ledger, hub/party: one transaction, and who moves with it */
#include <config.h>

#include "tests/unit/hub_room.h"

/* ---- a party that writes down what is asked of it */

static char story[256];

static void note(const char *what)
{
	strncat(story, what, sizeof(story) - strlen(story) - 1);
}

static void write_rows(void *arg)
{
	(void)arg;
	note("write ");
}

static void settle(void *arg)
{
	const struct room *room = arg;

	/* Before the log and its channels. */
	note(room->ledger.channels.dirty != NULL ? "settle " : "too late ");
}

static void revert(void *arg)
{
	(void)arg;
	note("revert ");
}

static void join(struct room *room)
{
	const struct party party = {write_rows, settle, revert, room};

	story[0] = '\0';
	ledger_join(&room->ledger, &party);
}

static void publish_for_ack(
	struct room *room, uint64_t number, const char *data)
{
	struct ack ack = {.peer = room, .number = number};

	ack.first = ack.last = room_add(room, "a", data);
	ack.outcome = WIRE_OUT_STORED;
	ledger_ack(&room->ledger, &ack);
}

static size_t acks(const struct room *room)
{
	return room->acks.len / sizeof(struct ack);
}

static const struct ack *ack_at(const struct room *room, size_t at)
{
	return (const struct ack *)(const void *)room->acks.at + at;
}

static uint64_t rows(struct room *room)
{
	int64_t count = 0;

	assert_int_equal(db_ask(&room->ledger.store.db,
				 "SELECT count(*) FROM event", &count),
		DB_DONE);
	return (uint64_t)count;
}

static void test_nobody_is_told_before_the_commit(void **state)
{
	struct room *room = *state;
	uint64_t shown = room->ledger.ring.shown;

	publish_for_ack(room, 1, "x");
	publish_for_ack(room, 2, "y");
	assert_int_equal(acks(room), 0);
	assert_int_equal(room->ledger.ring.shown, shown);
	ledger_commit(&room->ledger);
	assert_int_equal(acks(room), 2);
	assert_int_equal(ack_at(room, 0)->number, 1);
	assert_int_equal(ack_at(room, 1)->last, room->ledger.log.committed);
	assert_int_equal(room->ledger.ring.shown, shown + 2);
	assert_int_equal(room->ledger.figures.events, 2);
	assert_int_equal(room->ledger.figures.commits.count, 1);
	ledger_commit(&room->ledger);
	assert_int_equal(acks(room), 2);
}

static void test_a_failed_commit_takes_everything_back(void **state)
{
	struct room *room = *state;
	uint64_t one = room_publish(room, "a", "1");
	uint64_t shown = room->ledger.ring.shown;

	publish_for_ack(room, 7, "2");
	room_add(room, "new", "3");
	room_fail(room);
	assert_int_equal(rows(room), 1);
	assert_int_equal(room->ledger.log.newest, one);
	assert_int_equal(room->ledger.ring.last, shown);
	assert_null(channel_find(&room->ledger.channels, span_of("new")));
	assert_int_equal(acks(room), 1);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_FULL);
	assert_int_equal(ack_at(room, 0)->first, 0);
	assert_string_equal(ack_at(room, 0)->reason, "no room on the disk");
}

static void test_without_room_nothing_begins_until_there_is_some(void **state)
{
	struct room *room = *state;
	struct ack ack = {.peer = room};

	room_fail(room);
	assert_int_equal(room->troubles, 1);
	assert_string_equal(room->trouble, "no room on the disk");
	assert_false(ledger_begin(&room->ledger));
	ledger_refuse(&room->ledger, &ack);
	assert_int_equal(ack.outcome, WIRE_OUT_FULL);
	ledger_tend(&room->ledger);
	assert_int_equal(room->troubles, 2);
	assert_null(room->trouble);
	assert_true(room_publish(room, "a", "x") > 0);
}

static void test_a_conflict_fails_with_the_transaction_it_met(void **state)
{
	struct room *room = *state;
	const struct ack conflict = {
		.peer = room, .number = 2, .outcome = WIRE_OUT_CONFLICT};
	const struct ack invalid = {
		.peer = room, .number = 3, .outcome = WIRE_OUT_INVALID};

	publish_for_ack(room, 1, "x");
	ledger_ack(&room->ledger, &conflict);
	ledger_ack(&room->ledger, &invalid);
	room_fail(room);
	assert_int_equal(acks(room), 3);
	assert_int_equal(ack_at(room, 1)->outcome, WIRE_OUT_FULL);
	assert_int_equal(ack_at(room, 2)->outcome, WIRE_OUT_INVALID);
}

static void test_a_party_writes_before_the_commit_and_settles_after(
	void **state)
{
	struct room *room = *state;

	join(room);
	ledger_commit(&room->ledger);
	assert_string_equal(story, "");
	room_publish(room, "a", "x");
	assert_string_equal(story, "write settle ");
	room_add(room, "a", "y");
	room_fail(room);
	assert_string_equal(story, "write settle write revert ");
}

static void test_a_transaction_that_is_large_enough_is_committed(void **state)
{
	struct room *room = *state;

	join(room);
	for (int i = 0; i < LEDGER_ROWS_MAX; i++)
		room_add(room, "a", "x");
	assert_string_equal(story, "");
	room_add(room, "a", "x");
	assert_string_equal(story, "write settle ");
	assert_int_equal(room->ledger.log.rows, 1);
	ledger_commit(&room->ledger);
}

static void test_what_is_only_mentioned_is_seen_and_not_stored(void **state)
{
	struct room *room = *state;
	uint64_t shown = room->ledger.ring.shown;

	ledger_mention(&room->ledger, span_of("m"), span_of(""), span_of("1"));
	assert_int_equal(room->ledger.ring.shown, shown);
	ledger_commit(&room->ledger);
	assert_int_equal(room->ledger.ring.shown, shown + 1);
	assert_int_equal(rows(room), 0);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_is_told_before_the_commit),
		TEST(test_a_failed_commit_takes_everything_back),
		TEST(test_without_room_nothing_begins_until_there_is_some),
		TEST(test_a_conflict_fails_with_the_transaction_it_met),
		TEST(test_a_party_writes_before_the_commit_and_settles_after),
		TEST(test_a_transaction_that_is_large_enough_is_committed),
		TEST(test_what_is_only_mentioned_is_seen_and_not_stored),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
