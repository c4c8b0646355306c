/* SPDX-License-Identifier: MIT */
/* hub/receipt: a publish that is sent again is answered again */
#include <config.h>

#include "hub/log/receipt.h"
#include "tests/unit/hub_room.h"

static void store(struct room *room, struct publisher *publisher,
	uint64_t number, uint64_t answered)
{
	struct receipt receipt = {number, number * 10, number * 10 + 1};

	store_begin(&room->ledger.store);
	receipt_draft(&room->ledger.receipts, publisher, &receipt);
	publisher_seen(publisher, number, answered);
}

static bool is_known(const struct publisher *publisher, uint64_t number)
{
	struct receipt receipt;

	if (!publisher_look(publisher, number, &receipt))
		return false;
	assert_int_equal(receipt.first, number * 10);
	assert_int_equal(receipt.last, number * 10 + 1);
	return true;
}

static int64_t rows(struct room *room)
{
	int64_t count = 0;

	assert_int_equal(db_ask(&room->ledger.store.db,
				 "SELECT count(*) FROM receipt", &count),
		DB_DONE);
	return count;
}

static void test_a_stored_publish_is_known_at_once(void **state)
{
	struct room *room = *state;
	struct publisher *publisher =
		publisher_join(&room->ledger.receipts, 77);

	assert_false(is_known(publisher, 1));
	store(room, publisher, 1, 0);
	assert_true(is_known(publisher, 1));
	ledger_commit(&room->ledger);
	assert_true(is_known(publisher, 1));
	assert_false(is_known(publisher, 2));
}

static void test_the_next_hub_knows_it_too(void **state)
{
	struct room *room = *state;
	struct publisher *publisher =
		publisher_join(&room->ledger.receipts, UINT64_MAX);

	store(room, publisher, 1, 0);
	store(room, publisher, 2, 0);
	ledger_commit(&room->ledger);
	store(room, publisher, 3, 0);
	ledger_commit(&room->ledger);
	room_reopen(room);
	publisher = publisher_join(&room->ledger.receipts, UINT64_MAX);
	for (uint64_t number = 1; number <= 3; number++)
		assert_true(is_known(publisher, number));
	assert_false(is_known(publisher_join(&room->ledger.receipts, 5), 1));
}

static void test_what_was_rolled_back_is_not_known(void **state)
{
	struct room *room = *state;
	struct publisher *publisher = publisher_join(&room->ledger.receipts, 9);

	store(room, publisher, 1, 0);
	room_roll_back(room);
	assert_false(is_known(publisher, 1));
	store(room, publisher, 1, 0);
	ledger_commit(&room->ledger);
	assert_true(is_known(publisher, 1));
}

static void test_what_was_answered_is_forgotten(void **state)
{
	struct room *room = *state;
	struct publisher *publisher = publisher_join(&room->ledger.receipts, 9);

	for (uint64_t number = 1; number <= 1000; number++) {
		store(room, publisher, number, number - 1);
		ledger_commit(&room->ledger);
	}
	assert_false(is_known(publisher, 998));
	assert_true(is_known(publisher, 1000));
	assert_true(rows(room) <= 2);
	assert_true(publisher->settled.size < 8192);
}

static void test_one_sent_again_later_keeps_its_place(void **state)
{
	struct room *room = *state;
	struct publisher *publisher = publisher_join(&room->ledger.receipts, 9);

	store(room, publisher, 1, 0);
	store(room, publisher, 3, 0);
	ledger_commit(&room->ledger);
	store(room, publisher, 2, 0);
	ledger_commit(&room->ledger);
	store(room, publisher, 4, 0);
	ledger_commit(&room->ledger);
	for (uint64_t number = 1; number <= 4; number++)
		assert_true(is_known(publisher, number));
}

static void test_publishers_that_stay_away_are_forgotten(void **state)
{
	struct room *room = *state;
	struct publisher *gone = publisher_join(&room->ledger.receipts, 1);
	struct publisher *here = publisher_join(&room->ledger.receipts, 2);

	store(room, gone, 1, 0);
	store(room, here, 1, 0);
	ledger_commit(&room->ledger);
	publisher_leave(&room->ledger.receipts, gone);
	hand_clock_pass(&room->hands, (uint64_t)RECEIPT_GONE_MS * 1000);
	receipts_collect(&room->ledger.receipts);
	assert_int_equal(rows(room), 2);
	hand_clock_pass(&room->hands, 1);
	receipts_collect(&room->ledger.receipts);
	ledger_commit(&room->ledger);
	assert_int_equal(rows(room), 1);
	assert_true(is_known(here, 1));
	assert_int_equal(room->ledger.receipts.publishers.count, 1);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_stored_publish_is_known_at_once),
		TEST(test_the_next_hub_knows_it_too),
		TEST(test_what_was_rolled_back_is_not_known),
		TEST(test_what_was_answered_is_forgotten),
		TEST(test_one_sent_again_later_keeps_its_place),
		TEST(test_publishers_that_stay_away_are_forgotten),
	};

	return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
