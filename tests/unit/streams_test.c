/* SPDX-License-Identifier: MIT */
/* streams: a subscription becomes a subscriber, whatever the window and the hub
 * say */
#include <config.h>

#include <unistd.h>

#include "tests/unit/stream_room.h"

/* ---- fresh ones */

static void test_a_fresh_stream_begins_at_the_newest_event(void **state)
{
	struct room *room = *state;
	struct span text;
	int fd;

	room_publish(room, "a", "before");
	room->hands.wall_us = 1234000;
	fd = room_listen(room, "a");
	text = room_text(room, fd);
	assert_true(has(text, "Status: 200 OK\r\n"));
	assert_true(has(text, "\r\n\r\nretry: "));
	assert_true(has(text, "id: 101\nevent: connected\n"
			      "data: {\"channels\":[\"a\"],\"timestamp\":"
			      "\"1970-01-01T00:00:01.234Z\"}\n\n"));
	assert_false(has(text, "before"));
	room_publish(room, "a", "after");
	room_turn(room);
	CHECK_TEXT("then", room_text(room, fd), "id: 102\ndata: after\n\n");
	close(fd);
}

static void test_until_a_hub_comes_a_stream_waits_for_its_first_byte(
	void **state)
{
	struct room *room = *state;
	int fd = room_listen(room, "a");

	room_turn(room);
	assert_int_equal(room_text(room, fd).len, 0);
	room_hub_comes(room, ROOM_FROM);
	assert_true(has(room_text(room, fd), "id: 100\nevent: connected\n"));
	close(fd);
}

static void test_while_the_window_is_filled_a_stream_waits(void **state)
{
	struct room *room = *state;
	int fd;

	room_hub_comes(room, ROOM_FROM + 2);
	fd = room_listen(room, "a");
	room_publish(room, "a", "one");
	assert_int_equal(room_text(room, fd).len, 0);
	room_publish(room, "a", "two");
	assert_true(has(room_text(room, fd), "id: 102\nevent: connected\n"));
	close(fd);
}

static void test_a_hub_that_leaves_while_it_fills_lets_streams_begin(
	void **state)
{
	struct room *room = *state;
	int fd;

	room_hub_comes(room, ROOM_FROM + 2);
	fd = room_listen(room, "a");
	room_hub_leaves(room);
	assert_true(has(room_text(room, fd), "event: connected\n"));
	close(fd);
}

static void test_nobody_waits_for_ever(void **state)
{
	struct room *room = *state;
	int fd = room_listen(room, "a");
	struct span text;

	room_pass(room, OPENING_PATIENCE_MS * 1000 - 200000);
	assert_int_equal(room_text(room, fd).len, 0);
	room_pass(room, 300000);
	text = room_text(room, fd);
	assert_true(has(text, "Status: 200 OK\r\n"));
	assert_true(has(text, "retry: "));
	assert_true(has(text, "<end><closed>"));
	assert_false(has(text, "connected"));
	assert_int_equal(audience_count(room->audience), 0);
	close(fd);
}

/* ---- those who come back */

static void test_a_cursor_in_the_window_is_gone_on_from_without_asking(
	void **state)
{
	struct room *room = *state;
	enum wire_type type;
	struct wire_in body;
	struct span text;
	uint64_t number;
	int fd;

	room_publish(room, "a", "one");
	room_publish(room, "b", "other");
	room_publish(room, "a", "two");
	fd = room_resume(room, "a", 101);
	text = room_text(room, fd);
	assert_true(has(text, "id: 101\nevent: connected\n"));
	assert_true(has(text, "\"behind\":true"));
	assert_true(has(text, "id: 103\ndata: two\n\n"
			      "id: 103\nevent: live\n"));
	assert_false(has(text, "one"));
	assert_false(room_asked(room, &type, &number, &body));
	close(fd);
}

/* Answers the one question that is there: where it goes on. */
static void answer_verdict(
	struct room *room, bool gap, uint64_t used, uint64_t limit, bool busy)
{
	struct verdict verdict = {.gap = gap,
		.used = used,
		.limit = limit,
		.busy = busy ? "x" : ""};
	enum wire_type type;
	struct wire_in body;
	uint64_t number, after;

	assert_true(room_asked(room, &type, &number, &body));
	assert_int_equal(type, WIRE_JUDGE);
	assert_int_equal(wire_get_u8(&body), WIRE_AFTER);
	after = wire_get_u64(&body);
	if (!gap)
		assert_int_equal(after, used);
	room_judges(room, number, &verdict);
}

/* And then with its one event. */
static void answer_page(
	struct room *room, uint64_t after, uint64_t through, const char *data)
{
	enum wire_type type;
	struct wire_in body;
	uint64_t number;

	assert_true(room_asked(room, &type, &number, &body));
	assert_int_equal(type, WIRE_PAGE);
	assert_int_equal(wire_get_u64(&body), after);
	room_pages(room, number, "a", after + 1, through, data);
}

static void test_a_cursor_below_the_window_is_for_the_hub_to_judge(void **state)
{
	struct room *room = *state;
	struct span text;
	int fd = room_resume(room, "a", 50);

	assert_int_equal(room_text(room, fd).len, 0);
	room_publish(room, "a", "new");
	answer_verdict(room, false, 50, 60, true);
	answer_page(room, 50, 60, "old");
	text = room_text(room, fd);
	assert_true(has(text, "id: 50\nevent: connected\n"));
	assert_true(has(text, "id: 51\ndata: old\n\n"));
	assert_false(has(text, "reset"));
	assert_false(has(text, "new"));
	answer_verdict(room, false, 60, 100, false); /* asked by itself */
	assert_true(has(room_text(room, fd),
		"id: 101\ndata: new\n\nid: 101\nevent: live\n"));
	close(fd);
}

static void test_a_gap_is_told_before_the_oldest_event(void **state)
{
	struct room *room = *state;
	struct span text;
	int fd = room_resume(room, "a", 7);

	answer_verdict(room, true, 39, 100, true);
	answer_page(room, 39, 100, "oldest");
	text = room_text(room, fd);
	assert_true(has(text, "id: 39\nevent: connected\n"));
	assert_true(has(text, "id: 39\nevent: reset\n"
			      "data: {\"requested\":\"what it had\","
			      "\"oldest\":\"40\",\"newest\":\"99\"}\n\n"
			      "id: 40\ndata: oldest\n\n"));
	close(fd);
}

static void test_without_a_hub_one_that_it_must_judge_is_told_to_come_back(
	void **state)
{
	struct room *room = *state;
	int fd = room_resume(room, "a", 50);
	struct span text;

	room_turn(room);
	questions_expire(room->session.questions, UINT64_MAX);
	text = room_text(room, fd);
	assert_true(has(text, "retry: "));
	assert_true(has(text, "<end><closed>"));
	assert_false(has(text, "connected"));
	close(fd);
}

/* A hub that looks no further would be asked the same for ever. */
static void test_a_page_that_leads_nowhere_ends_the_stream(void **state)
{
	struct room *room = *state;
	enum wire_type type;
	struct wire_in body;
	uint64_t number;
	int fd = room_resume(room, "a", 50);

	answer_verdict(room, false, 50, 60, true);
	answer_page(room, 50, 60, "old");
	answer_verdict(room, false, 60, 60, false);
	assert_true(has(room_text(room, fd), "<end><closed>"));
	assert_false(room_asked(room, &type, &number, &body));
	close(fd);
}

static void test_one_that_the_window_has_overtaken_goes_on_with_pages(
	void **state)
{
	struct room *room = *state;
	int fd = room_listen(room, "a");
	struct span text;

	room_text(room, fd);
	for (int i = 0; i < 40; i++)
		room_publish_bytes(room, "a", 10000, false);
	room_turn(room);
	assert_int_equal(room_text(room, fd).len, 0);
	answer_verdict(room, false, 100, window_from(room->window), true);
	answer_page(room, 100, window_from(room->window), "older");
	room_turn(room);
	text = room_text(room, fd);
	assert_true(has(text, "id: 101\ndata: older\n\n"));
	assert_true(has(text, "\ndata: yyy"));
	close(fd);
}

/* ---- the window begins anew */

static void test_who_has_seen_everything_goes_on_where_the_new_window_begins(
	void **state)
{
	struct room *room = *state;
	int fd;

	room_publish(room, "a", "one");
	fd = room_listen(room, "a");
	room_text(room, fd);
	room_publish(room, "b", "not his"); /* 102, which he has passed */
	room->newest = 102;
	room->session.identity[0] ^= 1; /* as of another log */
	room_hub_comes(room, 102);
	room_publish(room, "a", "two");
	room_turn(room);
	answer_verdict(room, false, 102, 102, false); /* not after 101 */
	CHECK_TEXT(
		"and no reset", room_text(room, fd), "id: 103\ndata: two\n\n");
	close(fd);
}

static void test_who_lacks_something_of_the_old_window_asks_for_it(void **state)
{
	struct room *room = *state;
	int fd = room_listen(room, "a");

	room_text(room, fd);
	room_publish(room, "a", "unwritten");
	room->session.identity[0] ^= 1;
	room_hub_comes(room, 101);
	room_turn(room);
	answer_verdict(room, false, 100, 101, true);
	answer_page(room, 100, 101, "unwritten");
	assert_true(has(room_text(room, fd), "id: 101\ndata: unwritten\n\n"));
	close(fd);
}

/* ---- the end */

static void test_a_drain_gives_everybody_an_end(void **state)
{
	struct room *room = *state;
	int live = room_listen(room, "a");
	int asking = room_resume(room, "a", 50);

	room_text(room, live);
	streams_drain(room->streams);
	CHECK_TEXT("live", room_text(room, live), "<end><closed>");
	assert_true(has(room_text(room, asking), "retry: "));
	assert_true(has(room_text(room, asking), "<closed>"));
	assert_int_equal(audience_count(room->audience), 0);
	close(live);
	close(asking);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)
#define ALONE(test) \
	cmocka_unit_test_setup_teardown(test, room_enter_alone, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_a_fresh_stream_begins_at_the_newest_event),
		ALONE(test_until_a_hub_comes_a_stream_waits_for_its_first_byte),
		ALONE(test_while_the_window_is_filled_a_stream_waits),
		ALONE(test_a_hub_that_leaves_while_it_fills_lets_streams_begin),
		ALONE(test_nobody_waits_for_ever),
		IN_ROOM(test_a_cursor_in_the_window_is_gone_on_from_without_asking),
		IN_ROOM(test_a_cursor_below_the_window_is_for_the_hub_to_judge),
		IN_ROOM(test_a_gap_is_told_before_the_oldest_event),
		IN_ROOM(test_without_a_hub_one_that_it_must_judge_is_told_to_come_back),
		IN_ROOM(test_a_page_that_leads_nowhere_ends_the_stream),
		IN_ROOM(test_one_that_the_window_has_overtaken_goes_on_with_pages),
		IN_ROOM(test_who_has_seen_everything_goes_on_where_the_new_window_begins),
		IN_ROOM(test_who_lacks_something_of_the_old_window_asks_for_it),
		IN_ROOM(test_a_drain_gives_everybody_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
