/* SPDX-License-Identifier: MIT */
/* hub/order: what becomes of a proposal */
#include <config.h>

#include "hub/log/order.h"
#include "tests/unit/hub_room.h"

static struct proposed item(const char *key, const char *data)
{
	struct proposed item = {.key = span_of(key), .data = span_of(data)};

	item.digest = digest_of(span_of(""), item.data);
	return item;
}

static struct ack propose(struct room *room, struct proposed *items,
	uint32_t count, struct publisher *publisher, uint64_t number)
{
	const struct proposal proposal = {
		.channel = span_of("a"),
		.type = span_of(""),
		.items = items,
		.count = count,
		.publisher = publisher,
		.number = number,
	};
	struct ack ack = {.peer = room, .number = number};

	order_propose(&room->ledger, &proposal, &ack);
	return ack;
}

static struct ack propose_one(
	struct room *room, const char *key, const char *data)
{
	struct proposed one = item(key, data);

	return propose(room, &one, 1, NULL, 0);
}

static void test_events_get_ids_one_after_the_other(void **state)
{
	struct room *room = *state;
	struct proposed items[] = {item("", "1"), item("", "2"), item("", "3")};
	struct ack ack = propose(room, items, 3, NULL, 0);

	assert_int_equal(ack.outcome, WIRE_OUT_STORED);
	assert_int_equal(ack.last, ack.first + 2);
	assert_int_equal(room->ledger.log.newest, ack.last);
	ledger_commit(&room->ledger);
}

static void test_the_same_key_and_content_is_the_same_event(void **state)
{
	struct room *room = *state;
	struct ack first = propose_one(room, "k", "x");
	struct ack again = propose_one(room, "k", "x"); /* not committed yet */

	assert_int_equal(again.outcome, WIRE_OUT_REPEATED);
	assert_int_equal(again.first, first.first);
	ledger_commit(&room->ledger);
	again = propose_one(room, "k", "x");
	assert_int_equal(again.outcome, WIRE_OUT_REPEATED);
	assert_int_equal(again.last, first.first);
	assert_int_equal(
		propose_one(room, "k", "y").outcome, WIRE_OUT_CONFLICT);
	ledger_commit(&room->ledger);
}

static void test_of_many_one_conflict_stores_none(void **state)
{
	struct room *room = *state;
	struct proposed items[] = {
		item("new", "1"), item("k", "other"), item("", "3")};
	struct ack ack;
	uint64_t newest;

	propose_one(room, "k", "x");
	ledger_commit(&room->ledger);
	newest = room->ledger.log.newest;
	ack = propose(room, items, 3, NULL, 0);
	assert_int_equal(ack.outcome, WIRE_OUT_CONFLICT);
	assert_non_null(ack.reason);
	assert_int_equal(room->ledger.log.newest, newest);
}

static void test_of_many_those_that_are_there_keep_their_ids(void **state)
{
	struct room *room = *state;
	struct proposed items[] = {item("k/1", "1"), item("k/2", "2")};
	struct ack first = propose_one(room, "k/1", "1"), ack;

	room_add(room, "b", "between");
	ack = propose(room, items, 2, NULL, 0);
	assert_int_equal(ack.outcome, WIRE_OUT_STORED);
	assert_int_equal(ack.first, first.first);
	assert_int_equal(ack.last, first.first + 2);
	ledger_commit(&room->ledger);
}

static void test_a_publish_that_comes_again_is_answered_again(void **state)
{
	struct room *room = *state;
	struct publisher *publisher = publisher_join(&room->ledger.receipts, 7);
	struct proposed one = item("", "x");
	struct ack first = propose(room, &one, 1, publisher, 1), again;

	ledger_commit(&room->ledger);
	publisher_seen(publisher, 1, 0);
	again = propose(room, &one, 1, publisher, 1);
	assert_int_equal(again.outcome, WIRE_OUT_STORED);
	assert_int_equal(again.first, first.first);
	assert_int_equal(room->ledger.log.newest, first.last);
	publisher_leave(&room->ledger.receipts, publisher);
}

static void test_a_failed_transaction_leaves_neither_key_nor_receipt(
	void **state)
{
	struct room *room = *state;
	struct publisher *publisher = publisher_join(&room->ledger.receipts, 7);
	struct proposed one = item("k", "x");

	propose(room, &one, 1, publisher, 1);
	publisher_seen(publisher, 1, 0);
	room_roll_back(room);
	assert_int_equal(
		propose(room, &one, 1, publisher, 1).outcome, WIRE_OUT_STORED);
	assert_int_equal(room->ledger.log.rows, 1);
	ledger_commit(&room->ledger);
	publisher_leave(&room->ledger.receipts, publisher);
}

static void test_the_cursor_moves_with_what_is_stored(void **state)
{
	struct room *room = *state;
	struct proposed one = item("k", "x");
	uint64_t at = 4;
	struct proposal proposal = {.channel = span_of("a"),
		.items = &one,
		.count = 1,
		.cursor = {&at, 4, 5}};
	struct ack ack = {0};

	order_propose(&room->ledger, &proposal, &ack);
	assert_int_equal(at, 5);
	proposal.cursor = (struct order_cursor){&at, 5, 9};
	proposal.count = 0; /* a row that cannot be published is passed over */
	order_propose(&room->ledger, &proposal, &ack);
	assert_int_equal(at, 9);
	ledger_commit(&room->ledger);
	assert_int_equal(room->ledger.figures.events, 1);
}

static void test_without_room_it_is_refused_and_no_cursor_moves(void **state)
{
	struct room *room = *state;
	struct proposed one = item("", "x");
	uint64_t at = 4;
	const struct proposal proposal = {.channel = span_of("a"),
		.items = &one,
		.count = 1,
		.cursor = {&at, 4, 5}};
	struct ack ack = {0};

	room_fail(room);
	order_propose(&room->ledger, &proposal, &ack);
	assert_int_equal(ack.outcome, WIRE_OUT_FULL);
	assert_int_equal(at, 4);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_events_get_ids_one_after_the_other),
		TEST(test_the_same_key_and_content_is_the_same_event),
		TEST(test_of_many_one_conflict_stores_none),
		TEST(test_of_many_those_that_are_there_keep_their_ids),
		TEST(test_a_publish_that_comes_again_is_answered_again),
		TEST(test_a_failed_transaction_leaves_neither_key_nor_receipt),
		TEST(test_the_cursor_moves_with_what_is_stored),
		TEST(test_without_room_it_is_refused_and_no_cursor_moves),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
