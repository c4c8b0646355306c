/* SPDX-License-Identifier: MIT */
/* hub/order: what becomes of a proposal */
#include <config.h>

#include "hub/log/order.h"
#include "lib/event/active.h"
#include "lib/event/topic_list.h"
#include "lib/event/traits.h"
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

static struct ack propose_brief(
	struct room *room, const char *key, const char *data)
{
	struct proposed one = item(key, data);
	const struct proposal proposal = {
		.channel = span_of("a"),
		.items = &one,
		.count = 1,
		.brief = true,
	};
	struct ack ack = {.peer = room};

	order_propose(&room->ledger, &proposal, &ack);
	return ack;
}

static void test_a_brief_key_knows_a_repetition_for_a_minute(void **state)
{
	struct room *room = *state;
	struct ack first = propose_brief(room, "k", "x"), again;

	ledger_commit(&room->ledger);
	room->hands.wall_us += KEY_BRIEF_MS * 1000ull;
	again = propose_brief(room, "k", "x");
	assert_int_equal(again.outcome, WIRE_OUT_REPEATED);
	assert_int_equal(again.last, first.last);
	room->hands.wall_us += 1000;
	again = propose_brief(room, "k", "x");
	assert_int_equal(again.outcome, WIRE_OUT_STORED);
	ledger_commit(&room->ledger);
	room->hands.wall_us += 1000;
	assert_int_equal(
		propose_brief(room, "k", "x").outcome, WIRE_OUT_REPEATED);
	assert_int_equal(
		propose_one(room, "k", "x").outcome, WIRE_OUT_REPEATED);
	ledger_commit(&room->ledger);
}

static void test_a_brief_key_with_other_content_is_another_event(void **state)
{
	struct room *room = *state;

	propose_one(room, "k", "x");
	assert_int_equal(
		propose_brief(room, "k", "y").outcome, WIRE_OUT_STORED);
	assert_int_equal(
		propose_brief(room, "k", "y").outcome, WIRE_OUT_REPEATED);
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
		.cursor = {.at = &at, .from = 4, .to = 5}};
	struct ack ack = {0};

	order_propose(&room->ledger, &proposal, &ack);
	assert_int_equal(at, 5);
	proposal.cursor = (struct order_cursor){.at = &at, .from = 5, .to = 9};
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
		.cursor = {.at = &at, .from = 4, .to = 5}};
	struct ack ack = {0};

	room_fail(room);
	order_propose(&room->ledger, &proposal, &ack);
	assert_int_equal(ack.outcome, WIRE_OUT_FULL);
	assert_int_equal(at, 4);
}

/* ---- on several channels */

static struct buf traits_on(
	const char *first, const char *second, const char *third)
{
	struct topic_list list;
	struct buf traits = {0};
	const char *const more[] = {second, third};

	topic_list_begin(&list, span_of(first));
	for (size_t i = 0; i < COUNT(more); i++) {
		size_t opened = topic_list_open(&list);

		buf_add_span(&list.names, span_of(more[i]));
		assert_null(topic_list_close(&list, opened));
	}
	trait_add(&traits, TRAIT_LABEL, span_of("mine"));
	topic_list_put(&list, &traits);
	topic_list_release(&list);
	return traits;
}

static struct ack propose_on(struct room *room, const struct buf *traits,
	struct proposed *items, uint32_t count)
{
	const struct proposal proposal = {
		.channel = span_of("a"),
		.type = span_of(""),
		.traits = buf_span(traits),
		.items = items,
		.count = count,
	};
	struct ack ack = {.peer = room};

	assert_null(proposal_fault(&proposal));
	order_propose(&room->ledger, &proposal, &ack);
	return ack;
}

static uint64_t newest_of(const struct room *room, const char *name)
{
	return channel_find(&room->ledger.channels, span_of(name))->newest;
}

static void test_an_event_on_three_channels_is_three_rows_under_one_id(
	void **state)
{
	struct room *room = *state;
	struct buf traits = traits_on("a", "b", "c");
	struct proposed items[] = {item("k/1", "1"), item("k/2", "2")};
	struct ack ack = propose_on(room, &traits, items, 2);

	assert_int_equal(ack.outcome, WIRE_OUT_STORED);
	assert_int_equal(ack.last, ack.first + 3);
	assert_int_equal(newest_of(room, "a"), ack.last - 2);
	assert_int_equal(newest_of(room, "b"), ack.last - 1);
	assert_int_equal(newest_of(room, "c"), ack.last);
	ledger_commit(&room->ledger);
	ack = propose_on(room, &traits, items, 2);
	assert_int_equal(ack.outcome, WIRE_OUT_REPEATED);
	assert_int_equal(ack.last, room->ledger.log.newest);
	ledger_commit(&room->ledger);
	buf_release(&traits);
}

static void test_a_label_stands_for_the_last_row_until_none_is_held(
	void **state)
{
	struct room *room = *state;
	struct labels *labels = &room->ledger.log.labels;
	struct buf traits = traits_on("a", "b", "c");
	struct proposed one = item("", "1"), other = item("", "2");
	struct ack ack = propose_on(room, &traits, &one, 1);
	uint64_t id = 0;

	propose_on(room, &traits, &other, 1);
	ledger_commit(&room->ledger);
	assert_true(labels_find(labels, span_of("mine"), &id));
	assert_int_equal(id, ack.last); /* the oldest of that name */
	assert_false(labels_find(labels, span_of("his"), &id));
	for (int row = 0; row < 3; row++) {
		assert_true(labels_find(labels, span_of("mine"), &id));
		assert_int_equal(id, ack.last);
		assert_true(ledger_begin(&room->ledger));
		labels_let_go(labels, ack.last - 2 + (uint64_t)row);
		assert_int_equal(
			db_run(&room->ledger.store.db,
				row == 0   ? "DELETE FROM event WHERE id = "
					     "(SELECT min(id) FROM event)"
				: row == 1 ? "DELETE FROM event WHERE id = "
					     "(SELECT min(id) FROM event)"
					   : "SELECT 1"),
			DB_DONE);
		assert_int_equal(store_commit(&room->ledger.store), DB_DONE);
	}
	assert_true(labels_find(labels, span_of("mine"), &id));
	assert_int_equal(id, ack.last + 3);
	buf_release(&traits);
}

static void test_traits_that_do_not_fit_their_channel_are_refused(void **state)
{
	struct buf traits = traits_on("b", "a", "c");
	struct proposed one = item("", "1");
	struct proposal proposal = {
		.channel = span_of("a"),
		.traits = buf_span(&traits),
		.items = &one,
		.count = 1,
	};

	(void)state;
	assert_non_null(proposal_fault(&proposal));
	proposal.channel = span_of("b");
	assert_null(proposal_fault(&proposal));
	trait_set_index(&traits, 1);
	assert_non_null(proposal_fault(&proposal));
	buf_release(&traits);
}

static bool is_taken(
	const struct buf *traits, struct proposed *items, uint32_t count)
{
	const struct proposal proposal = {
		.channel = span_of("a"),
		.traits = buf_span(traits),
		.items = items,
		.count = count,
	};

	return proposal_fault(&proposal) == NULL;
}

static void test_nobody_says_who_is_there_on_a_further_channel_either(
	void **state)
{
	struct proposed one = item("", "1");
	struct buf last = traits_on("a", "b", ACTIVE_CHANNEL "/c");
	struct buf middle = traits_on("a", ACTIVE_CHANNEL, "b");
	struct buf none = traits_on("a", "b", ACTIVE_CHANNEL "s");

	(void)state;
	assert_false(is_taken(&last, &one, 1));
	assert_false(is_taken(&middle, &one, 1));
	assert_true(is_taken(&none, &one, 1));
	buf_release(&last);
	buf_release(&middle);
	buf_release(&none);
}

static void test_much_data_on_three_channels_is_too_much(void **state)
{
	struct buf traits = traits_on("a", "b", "c"), data = {0};
	struct proposed items[] = {item("", ""), item("", "")};

	(void)state;
	memset(buf_reserve(&data, 200 << 10), 'x', 200 << 10);
	data.len += 200 << 10;
	items[0].data = items[1].data = buf_span(&data);
	assert_true(is_taken(&traits, items, 1));
	assert_false(is_taken(&traits, items, 2));
	buf_release(&traits);
	buf_release(&data);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_events_get_ids_one_after_the_other),
		TEST(test_the_same_key_and_content_is_the_same_event),
		TEST(test_a_brief_key_knows_a_repetition_for_a_minute),
		TEST(test_a_brief_key_with_other_content_is_another_event),
		TEST(test_of_many_one_conflict_stores_none),
		TEST(test_of_many_those_that_are_there_keep_their_ids),
		TEST(test_a_publish_that_comes_again_is_answered_again),
		TEST(test_a_failed_transaction_leaves_neither_key_nor_receipt),
		TEST(test_the_cursor_moves_with_what_is_stored),
		TEST(test_without_room_it_is_refused_and_no_cursor_moves),
		TEST(test_an_event_on_three_channels_is_three_rows_under_one_id),
		TEST(test_a_label_stands_for_the_last_row_until_none_is_held),
		TEST(test_traits_that_do_not_fit_their_channel_are_refused),
		TEST(test_nobody_says_who_is_there_on_a_further_channel_either),
		TEST(test_much_data_on_three_channels_is_too_much),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
