/* SPDX-License-Identifier: MIT */
/* hub/peers/inbox: whose file it is */
#include <config.h>

#include "tests/unit/hub_inbox_room.h"

/* It is asked about its file, which must not be read. */
static void check_stopped(const char *name, char mark, uint64_t cursor)
{
	struct peer *peer = reader_of(name);

	say_file(peer, 1, mark);
	desk_turn(&desk);
	heard_at(peer, 1,
		(struct at){.known = true, .stopped = true, .cursor = cursor});
	say_rows(peer, 2, cursor, "evil");
	desk_turn(&desk);
	heard_taken(peer, 2, cursor, 0);
	assert_false(peer->inbox->read);
	assert_true(peer->inbox->why.len > 1);
	peer_drop(peer, NULL);
	peers_flush(&desk.peers);
}

static void test_a_file_that_belongs_to_another_name_is_not_read(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "a!");
	desk_turn(&desk);
	heard_taken(peer, 2, 2, 1);
	check_stopped("other", 'X', 2);
	peer_drop(peer, NULL);
	check_stopped("other", 'X', 2);
	check_log("a");
}

static void test_a_section_that_was_renamed_goes_on(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "ab");
	desk_turn(&desk);
	start_again(&sections[1], 1);
	peer = reader_of("other");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){.known = true, .cursor = 2});
	/* It is this one's from now on. */
	start_again(sections, 2);
	check_stopped("one", 'X', 2);
}

static void test_one_new_file_of_two_sections_is_read_by_the_first(void **state)
{
	struct peer *peer = opened("one", 'X');
	struct peer *other = reader_of("other");

	(void)state;
	say_file(other, 1, 'X');
	desk_turn(&desk);
	heard_at(other, 1, (struct at){.stopped = true});
	say_rows(peer, 2, 0, "a");
	desk_turn(&desk);
	heard_taken(peer, 2, 1, 0);
	assert_true(desk.inboxes.all[0].read);
	assert_false(desk.inboxes.all[1].read);
}

static void test_an_empty_inbox_is_known_once_its_reader_says_where_it_begins(
	void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "");
	desk_turn(&desk);
	heard_taken(peer, 2, 0, 0);
	start_again(sections, 2);
	check_stopped("other", 'X', 0);
	peer = reader_of("one");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){.known = true});
}

static void test_files_made_anew_again_and_again_are_forgotten(void **state)
{
	struct peer *peer = reader_of("one");

	(void)state;
	for (int i = 0; i <= CURSOR_PER_NAME; i++) {
		say_file(peer, 1, (char)('A' + i));
		say_rows(peer, 2, 0, "a!");
		desk_turn(&desk);
		desk_turn(&desk);
		heard_at(peer, 1, (struct at){0});
		heard_taken(peer, 2, 2, 1);
	}
	assert_int_equal(count("inbox"), CURSOR_PER_NAME);
	assert_int_equal(count("inbox_error"), CURSOR_PER_NAME);
	say_file(peer, 3, 'A');
	desk_turn(&desk);
	heard_at(peer, 3, (struct at){0});
	say_file(peer, 4, 'B');
	desk_turn(&desk);
	heard_at(
		peer, 4, (struct at){.known = true, .cursor = 2, .reasons = 1});
}

static void test_why_an_inbox_is_not_read_is_passed_on(void **state)
{
	struct peer *peer = reader_of("one");
	const struct inbox *inbox = &desk.inboxes.all[0];

	(void)state;
	say_excuse(peer, "is not a regular file");
	assert_string_equal(inbox->why.at, "is not a regular file");
	say_excuse(peer, "two\nlines");
	assert_string_equal(inbox->why.at, "its reader does not say why");
	assert_false(peer->closed);
	peer_drop(peer, NULL);
	assert_true(strstr(inbox->why.at, "nobody reads it") != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_file_that_belongs_to_another_name_is_not_read),
		TEST(test_a_section_that_was_renamed_goes_on),
		TEST(test_one_new_file_of_two_sections_is_read_by_the_first),
		TEST(test_an_empty_inbox_is_known_once_its_reader_says_where_it_begins),
		TEST(test_files_made_anew_again_and_again_are_forgotten),
		TEST(test_why_an_inbox_is_not_read_is_passed_on),
	};

	return cmocka_run_group_tests_name(
		"files of inboxes", tests, NULL, NULL);
}
