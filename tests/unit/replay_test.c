/* SPDX-License-Identifier: MIT */
/* replay: older events are asked of the hub once, for all who lack them */
#include <config.h>

#include <unistd.h>

#include "tests/unit/replay_room.h"

static void test_a_question_says_what_is_lacked(void **state)
{
	struct room *room = *state;
	int fd = room_resume(room, "a", 50);
	struct question question;

	assert_true(next(room, &question));
	assert_int_equal(question.type, WIRE_JUDGE);
	assert_int_equal(wire_get_u8(&question.body), WIRE_AFTER);
	assert_int_equal(wire_get_u64(&question.body), 50);
	assert_int_equal(wire_get_u64(&question.body), ROOM_FROM);
	assert_int_equal(wire_get_str16(&question.body).len, 0);
	assert_int_equal(wire_get_u16(&question.body), 1);
	assert_int_equal(wire_get_u8(&question.body), 0);
	CHECK_TEXT("channel", wire_get_str16(&question.body), "a");
	assert_int_equal(wire_get_u16(&question.body), 0); /* told of no gap */
	assert_int_equal(wire_get_u32(&question.body), 0); /* no grant */
	assert_true(wire_done(&question.body));
	close(fd);
}

static void test_those_who_lack_the_same_share_a_question(void **state)
{
	struct room *room = *state;
	int fds[CROWD];

	for (int i = 0; i < CROWD; i++)
		fds[i] = room_resume(room, "a", 50);
	answer_verdict(room, "x");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	for (int i = 0; i < CROWD; i++) {
		assert_true(has(room_text(room, fds[i]),
			"id: 51\ndata: old\n\nid: 100\nevent: live\n"));
		close(fds[i]);
	}
	assert_int_equal(room->counters->replayed, CROWD);
	assert_int_equal(room->asked.len, 0);
}

static void test_what_one_has_read_others_read_with_channels_of_their_own(
	void **state)
{
	struct room *room = *state;
	struct question question;
	int fds[CROWD] = {resume(room, "ab", 50, EVENT_PLAIN, NULL),
		resume(room, "ac", 50, EVENT_PLAIN, NULL)};

	answer_verdict(room, "x ");
	answer_verdict(room, "x ");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	fds[2] = resume(room, "ad", 50, EVENT_PLAIN, NULL);
	answer_verdict(room, "x ");
	assert_false(next(room, &question));
	for (int i = 0; i < CROWD; i++) {
		assert_true(has(room_text(room, fds[i]),
			"id: 51\ndata: old\n\nid: 100\nevent: live\n"));
		close(fds[i]);
	}
}

static void test_who_is_elsewhere_in_a_range_reads_the_rest_of_it(void **state)
{
	struct room *room = *state;
	struct question question;
	struct span text;
	int fds[2];

	fds[0] = room_resume(room, "a", 50);
	answer_verdict(room, "x");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	fds[1] = room_resume(room, "a", 51);
	answer_verdict(room, "x");
	assert_false(next(room, &question));
	text = room_text(room, fds[1]);
	assert_false(has(text, "old"));
	assert_true(has(text, "event: live"));
	close(fds[0]);
	close(fds[1]);
}

static void test_channels_are_merged_as_far_as_all_are_known(void **state)
{
	struct room *room = *state;
	int fd = resume(room, "abc", 50, EVENT_PLAIN, NULL);
	struct span text;

	answer_verdict(room, "x x");
	answer_page(room, "a", 50, 60, 70);
	assert_false(has(room_text(room, fd), "old"));
	answer_page(room, "c", 50, 55, ROOM_FROM);
	assert_true(has(room_text(room, fd),
		"id: 55\ndata: old\n\nid: 60\ndata: old\n\n"));
	answer_page(room, "a", 70, 80, ROOM_FROM);
	text = room_text(room, fd);
	assert_true(has(text, "id: 80\ndata: old\n\nid: 100\nevent: live\n"));
	close(fd);
}

static void test_quiet_channels_are_not_asked_for(void **state)
{
	struct room *room = *state;
	int fd = resume(room, "abc", 50, EVENT_PLAIN, NULL);
	struct question question;

	answer_verdict(room, "   ");
	assert_false(next(room, &question));
	assert_true(has(room_text(room, fd), "id: 100\nevent: live\n"));
	close(fd);
}

static void test_each_dress_is_read_once(void **state)
{
	struct room *room = *state;
	struct question question;
	int fd = room_resume(room, "a", 50);
	int other = resume(room, "a", 50, EVENT_ENVELOPE, NULL);
	int third = resume(room, "a", 50, EVENT_MERCURE, NULL);
	int fourth = resume(room, "a", 50, EVENT_TIMED, NULL);
	int fifth = resume(room, "a", 50, EVENT_TIMED_ENVELOPE, NULL);

	answer_verdict(room, "x"); /* for all */
	for (int i = 0; i < 5; i++)
		answer_page(room, "a", 50, 51, ROOM_FROM);
	assert_false(next(room, &question));
	assert_true(has(room_text(room, fd), "id: 51\ndata: old\n"));
	assert_true(has(room_text(room, other),
		"id: 51\ndata: {\"channel\":\"a\",\"data\":\"old\"}\n"));
	assert_true(has(room_text(room, third), "\nid: #51\ndata: old\n\n"));
	assert_true(has(room_text(room, fourth), "Z\ndata: old\n"));
	assert_true(has(room_text(room, fifth), "\"data\":\"old\",\"at\":\""));
	close(fd);
	close(other);
	close(third);
	close(fourth);
	close(fifth);
}

/* One strip is held, the other has been asked for. */
static void test_who_leaves_while_he_waits_leaves_the_rest_to_others(
	void **state)
{
	struct room *room = *state;
	struct question last;
	int fds[CROWD] = {resume(room, "ac", 50, EVENT_PLAIN, NULL),
		resume(room, "ac", 50, EVENT_PLAIN, NULL)};

	answer_verdict(room, "xx");
	answer_page(room, "a", 50, 60, ROOM_FROM);
	assert_true(next(room, &last));
	close(fds[0]);
	room_turn(room);
	assert_int_equal(audience_count(room->audience), 1);
	room_pages(room, last.number, "c", 55, ROOM_FROM, "old");
	assert_true(has(room_text(room, fds[1]),
		"id: 55\ndata: old\n\nid: 60\ndata: old\n\n"));
	close(fds[1]);
	fds[2] = resume(room, "ad", 50, EVENT_PLAIN, NULL);
	answer_verdict(room, "xx");
	assert_true(next(room, &last));
	close(fds[2]);
	room_turn(room);
	assert_int_equal(audience_count(room->audience), 0);
	room_pages(room, last.number, "d", 55, ROOM_FROM, "old"); /* nobody */
	assert_int_equal(room->asked.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_a_question_says_what_is_lacked),
		IN_ROOM(test_those_who_lack_the_same_share_a_question),
		IN_ROOM(test_what_one_has_read_others_read_with_channels_of_their_own),
		IN_ROOM(test_who_is_elsewhere_in_a_range_reads_the_rest_of_it),
		IN_ROOM(test_channels_are_merged_as_far_as_all_are_known),
		IN_ROOM(test_quiet_channels_are_not_asked_for),
		IN_ROOM(test_each_dress_is_read_once),
		IN_ROOM(test_who_leaves_while_he_waits_leaves_the_rest_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
