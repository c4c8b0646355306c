/* SPDX-License-Identifier: MIT */
/* hub/peers/inbox: rows, their cursor, and the reasons of those that are bad */
#include <config.h>

#include "tests/unit/hub_inbox_room.h"

/* ---- rows and the cursor */

static void test_rows_are_stored_and_the_cursor_is_behind_them(void **state)
{
	struct peer *peer = opened("one", 'X');
	struct wire_in in;

	(void)state;
	say_rows(peer, 2, 0, "ab!c");
	desk_turn(&desk);
	in = heard_taken(peer, 2, 4, 1);
	check_reason(&in, 3);
	assert_true(wire_done(&in));
	check_log("abc");
}

static void test_nothing_is_said_before_the_commit(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "ab");
	inboxes_pull(&desk.inboxes);
	assert_int_equal(link_pending(&peer->link), 0);
	ledger_commit(&desk.room->ledger);
	inboxes_answer(&desk.inboxes);
	heard_taken(peer, 2, 2, 0);
}

static void test_rows_that_do_not_begin_at_the_cursor_are_not_stored(
	void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "ab");
	desk_turn(&desk);
	heard_taken(peer, 2, 2, 0);
	say_rows(peer, 3, 1, "bc");
	say_rows(peer, 4, 0, "abc");
	say_rows(peer, 5, 5, "f!");
	for (uint64_t number = 3; number <= 5; number++) {
		desk_turn(&desk);
		heard_taken(peer, number, 2, 0);
	}
	check_log("ab");
	assert_int_equal(count("inbox_error"), 0);
}

static void test_rows_of_a_file_that_is_not_known_are_not_stored(void **state)
{
	struct peer *peer = reader_of("one");

	(void)state;
	say_rows(peer, 1, 0, "a");
	desk_turn(&desk);
	heard_taken(peer, 1, 0, 0);
	say_file(peer, 2, 'X');
	desk_turn(&desk);
	heard_at(peer, 2, (struct at){0});
	say_excuse(peer, "is locked");
	say_rows(peer, 3, 0, "a");
	desk_turn(&desk);
	heard_taken(peer, 3, 0, 0);
	check_log("");
}

static void test_a_batch_is_taken_in_slices_while_publishers_wait(void **state)
{
	struct peer *publisher = desk_known(&desk);
	struct peer *peer = opened("one", 'X');
	uint64_t number = 0;
	unsigned turns = 0;

	(void)state;
	say_many(peer, 2, 0, 'a', ROWS_AT_ONCE);
	while (link_pending(&peer->link) == 0) {
		publish(publisher, ++number);
		desk_turn(&desk);
		heard(publisher, WIRE_STORED);
		turns++;
		assert_true(count("event") <=
			    (int64_t)turns * (INBOX_ROWS_BESIDE + 1));
	}
	assert_int_equal(turns, ROWS_AT_ONCE / INBOX_ROWS_BESIDE + 1);
	heard_taken(peer, 2, ROWS_AT_ONCE, 0);
	assert_int_equal(count("event"), ROWS_AT_ONCE + turns);
}

static void test_two_inboxes_share_a_turn(void **state)
{
	struct peer *publisher = desk_known(&desk);
	struct peer *one = opened("one", 'X'), *other = opened("other", 'Y');

	(void)state;
	say_many(one, 2, 0, 'a', ROWS_AT_ONCE);
	say_rows(other, 2, 0, "b");
	for (uint64_t number = 1; number <= 2; number++) {
		publish(publisher, number);
		desk_turn(&desk);
	}
	heard_taken(other, 2, 1, 0);
	assert_int_equal(link_pending(&one->link), 0);
}

/* However many are between them that want nothing. */
static void test_an_inbox_waits_at_most_a_turn_for_one_that_wants_all(
	void **state)
{
	static char names[64][8];
	static struct config_inbox many[COUNT(names)];
	struct peer *publisher, *one, *other;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		many[i] = (struct config_inbox){
			.name = names[i], .path = names[i]};
	}
	start_again(many, COUNT(many));
	publisher = desk_known(&desk);
	one = opened("n0", 'X');
	other = opened("n1", 'Y');
	say_many(one, 0, 0, 'a', INBOX_ROWS_BESIDE);
	for (uint64_t number = 1; number <= 8; number++) {
		uint64_t from = number * INBOX_ROWS_BESIDE;

		say_many(one, number, from, 'a', INBOX_ROWS_BESIDE);
		if (number % 2 == 1)
			say_rows(other, number, number / 2, "b");
		publish(publisher, number);
		desk_turn(&desk);
		if (number % 2 == 0)
			heard_taken(other, number - 1, number / 2, 0);
	}
}

/* A batch of which the first slice is committed, the second is not. */
static void test_a_commit_that_fails_in_the_middle_of_a_batch_doubles_nothing(
	void **state)
{
	struct peer *publisher = desk_known(&desk);
	struct peer *peer = opened("one", 'X');
	char letters[INBOX_ROWS_BESIDE * 2 + 1] = "";
	char wanted[INBOX_ROWS_BESIDE * 2 + 1] = "";
	struct wire_in in;

	(void)state;
	memset(letters, 'a', INBOX_ROWS_BESIDE);
	memset(letters + INBOX_ROWS_BESIDE, 'b', INBOX_ROWS_BESIDE);
	letters[9] = letters[INBOX_ROWS_BESIDE + 9] = '!';
	say_rows(peer, 2, 0, letters);
	publish(publisher, 1);
	desk_turn(&desk);
	publish(publisher, 2);
	fail_turn();
	in = heard_taken(peer, 2, INBOX_ROWS_BESIDE, 1);
	check_reason(&in, 10);
	assert_int_equal(count("inbox_error"), 1);
	say_rows(peer, 3, INBOX_ROWS_BESIDE, letters + INBOX_ROWS_BESIDE);
	desk_turn(&desk);
	in = heard_taken(peer, 3, sizeof(letters) - 1, 1);
	check_reason(&in, INBOX_ROWS_BESIDE + 10);
	assert_int_equal(count("inbox_error"), 2);
	memset(wanted, 'a', INBOX_ROWS_BESIDE - 1);
	memset(wanted + INBOX_ROWS_BESIDE - 1, 'b', INBOX_ROWS_BESIDE - 1);
	check_log(wanted);
}

static void test_rows_behind_a_failed_commit_are_not_stored(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "a!");
	say_rows(peer, 3, 2, "c");
	fail_turn();
	heard_taken(peer, 2, 0, 0);
	desk_turn(&desk);
	heard_taken(peer, 3, 0, 0);
	assert_int_equal(count("inbox_error"), 0);
	say_rows(peer, 4, 0, "a!c");
	desk_turn(&desk);
	heard_taken(peer, 4, 3, 1);
	check_log("ac");
}

static void test_a_reader_that_dies_unanswered_leaves_its_rows_to_the_next(
	void **state)
{
	struct peer *peer = opened("one", 'X');
	struct wire_in in;

	(void)state;
	say_rows(peer, 2, 0, "a!b");
	inboxes_pull(&desk.inboxes);
	ledger_commit(&desk.room->ledger);
	peer_drop(peer, NULL);
	inboxes_answer(&desk.inboxes);
	peer = reader_of("one");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	in = heard_at(
		peer, 1, (struct at){.known = true, .cursor = 3, .reasons = 1});
	check_reason(&in, 2);
	say_rows(peer, 2, 3, "c");
	desk_turn(&desk);
	heard_taken(peer, 2, 4, 0);
	check_log("abc");
}

/* ---- reasons */

static void say_bad_rows(struct peer *peer, uint64_t number, size_t batches)
{
	for (size_t i = 0; i < batches; i++) {
		say_many(peer, number, i * ROWS_AT_ONCE, '!', ROWS_AT_ONCE);
		desk_turn(&desk);
		heard_taken(peer, number, (i + 1) * ROWS_AT_ONCE, ROWS_AT_ONCE);
	}
}

static void test_reasons_are_kept_until_they_are_told(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_bad_rows(peer, 2, 2);
	peer_drop(peer, NULL);
	peer = reader_of("one");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	heard_at(peer, 1,
		(struct at){.known = true,
			.cursor = 2000,
			.reasons = 1000,
			.more = true});
	say_told(peer, 2, 1, 900);
	say_told(peer, 3, 901, 100);
	say_file(peer, 4, 'X');
	for (int i = 0; i < 3; i++)
		desk_turn(&desk);
	heard_taken(peer, 2, 2000, 0);
	heard_taken(peer, 3, 2000, 0);
	heard_at(peer, 4,
		(struct at){.known = true, .cursor = 2000, .reasons = 1000});
	say_told(peer, 5, 1001, 1000);
	desk_turn(&desk);
	heard_taken(peer, 5, 2000, 0);
	assert_int_equal(count("inbox_error"), 0);
}

static void test_what_was_told_into_a_failed_commit_is_told_again(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "!");
	desk_turn(&desk);
	heard_taken(peer, 2, 1, 1);
	say_told(peer, 3, 1, 1);
	fail_turn();
	assert_int_equal(link_pending(&peer->link), 0);
	assert_int_equal(count("inbox_error"), 1);
	desk_turn(&desk);
	heard_taken(peer, 3, 1, 0);
	assert_int_equal(count("inbox_error"), 0);
	assert_int_equal(desk.inboxes.all[0].reasons, 0);
}

static void test_with_too_many_reasons_no_row_is_taken(void **state)
{
	struct peer *peer = opened("one", 'X');
	uint64_t end = INBOX_REASONS_MAX;

	(void)state;
	say_bad_rows(peer, 2, INBOX_REASONS_MAX / ROWS_AT_ONCE);
	say_rows(peer, 3, end, "!a");
	desk_turn(&desk);
	heard_taken(peer, 3, end, 0);
	assert_int_equal(count("inbox_error"), INBOX_REASONS_MAX);
	say_told(peer, 4, 1, 1);
	say_rows(peer, 5, end, "!a");
	desk_turn(&desk);
	desk_turn(&desk);
	heard_taken(peer, 4, end, 0);
	heard_taken(peer, 5, end + 2, 1);
	check_log("a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows_are_stored_and_the_cursor_is_behind_them),
		TEST(test_nothing_is_said_before_the_commit),
		TEST(test_rows_that_do_not_begin_at_the_cursor_are_not_stored),
		TEST(test_rows_of_a_file_that_is_not_known_are_not_stored),
		TEST(test_a_batch_is_taken_in_slices_while_publishers_wait),
		TEST(test_two_inboxes_share_a_turn),
		TEST(test_an_inbox_waits_at_most_a_turn_for_one_that_wants_all),
		TEST(test_a_commit_that_fails_in_the_middle_of_a_batch_doubles_nothing),
		TEST(test_rows_behind_a_failed_commit_are_not_stored),
		TEST(test_a_reader_that_dies_unanswered_leaves_its_rows_to_the_next),
		TEST(test_reasons_are_kept_until_they_are_told),
		TEST(test_what_was_told_into_a_failed_commit_is_told_again),
		TEST(test_with_too_many_reasons_no_row_is_taken),
	};

	return cmocka_run_group_tests_name("inboxes", tests, NULL, NULL);
}
