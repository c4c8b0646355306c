/* SPDX-License-Identifier: MIT */
/* notice: what streams of the Mercure protocol say beside their events */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "tests/unit/stream_room.h"

/* ---- how such a stream is asked for */

static struct subscription mercure(const struct span *topic)
{
	return (struct subscription){.channels = topic,
		.count = 1,
		.dress = EVENT_MERCURE,
		.fresh = true};
}

static int open_fresh(struct room *room, bool browser, bool tells)
{
	const struct span topic = span_of("a");
	struct subscription subscription = mercure(&topic);

	subscription.browser = browser;
	subscription.tells = tells;
	return room_open(room, &subscription);
}

static int open_from(struct room *room, enum wire_from from, uint64_t value,
	const char *requested, bool gaps)
{
	const struct span topic = span_of("a");
	struct subscription subscription = mercure(&topic);

	subscription.fresh = false;
	subscription.tells = true;
	subscription.from = from;
	subscription.value = value;
	subscription.requested = span_of(requested);
	subscription.gaps = gaps;
	return room_open(room, &subscription);
}

static bool ends_with(struct span text, const char *end)
{
	size_t len = strlen(end);

	return text.len >= len &&
	       memcmp(text.at + text.len - len, end, len) == 0;
}

/* ---- where it begins */

static void test_nothing_comes_before_the_first_event_but_retry(void **state)
{
	struct room *room = *state;
	int fd = open_fresh(room, false, false);
	struct span text = room_text(room, fd);

	assert_true(has(text, "\r\n\r\n:\nretry: "));
	assert_false(has(text, "\n\n"));
	assert_false(has(text, "id:"));
	assert_false(has(text, "Last-Event-ID"));
	room_publish(room, "a", "one");
	room_turn(room);
	CHECK_TEXT("then", room_text(room, fd), "id: #101\ndata: one\n\n");
	close(fd);
}

static void test_a_browser_is_told_where_it_is_before_its_first_event(
	void **state)
{
	struct room *room = *state;
	int fd = open_fresh(room, true, false);

	assert_true(ends_with(room_text(room, fd),
		"\nid: #100\nevent: tidings\ndata: {}\n\n"));
	close(fd);
}

static void test_an_empty_cursor_is_answered_with_the_newest(void **state)
{
	struct room *room = *state;
	int fd = open_fresh(room, false, true);

	assert_true(has(room_text(room, fd),
		"\r\nLast-Event-ID: #100\r\nMercure-Last-Event-ID: #100\r\n"));
	close(fd);
}

static void test_the_head_repeats_a_cursor_that_is_gone_on_from(void **state)
{
	struct room *room = *state;
	struct span text;
	int fd;

	room_publish(room, "a", "one");
	room_publish(room, "a", "two");
	fd = open_from(room, WIRE_AFTER, 101, "#101", false);
	text = room_text(room, fd);
	assert_true(has(text, "\r\nLast-Event-ID: #101\r\n"));
	assert_true(ends_with(text, "id: #102\ndata: two\n\n"));
	close(fd);
}

/* Takes the one question that is there. */
static uint64_t take_question(
	struct room *room, enum wire_from from, const char *label)
{
	enum wire_type type;
	struct wire_in body;
	uint64_t number;

	assert_true(room_asked(room, &type, &number, &body));
	assert_int_equal(type, WIRE_JUDGE);
	assert_int_equal(wire_get_u8(&body), from);
	wire_get_u64(&body);
	wire_get_u64(&body);
	CHECK_TEXT("label", wire_get_str16(&body), label);
	return number;
}

static void test_the_hub_knows_what_a_publisher_calls_an_event(void **state)
{
	struct room *room = *state;
	int fd = open_from(room, WIRE_LABEL, 0, "urn:uuid:7", false);
	uint64_t number = take_question(room, WIRE_LABEL, "urn:uuid:7");

	room_judges(room, number,
		&(struct verdict){
			.used = ROOM_FROM, .limit = ROOM_FROM, .busy = ""});
	assert_true(
		has(room_text(room, fd), "\r\nLast-Event-ID: urn:uuid:7\r\n"));
	close(fd);
}

static void test_what_is_not_known_begins_at_the_earliest(void **state)
{
	struct room *room = *state;
	int fd = open_from(room, WIRE_UNKNOWN, 0, "", false);
	uint64_t number = take_question(room, WIRE_UNKNOWN, "");
	struct span text;

	room_judges(room, number,
		&(struct verdict){.gap = true,
			.used = ROOM_FROM,
			.limit = ROOM_FROM,
			.busy = ""});
	text = room_text(room, fd);
	assert_true(has(text, "\r\nLast-Event-ID: earliest\r\n"));
	assert_false(has(text, "reset"));
	close(fd);
}

static void test_a_gap_is_told_to_who_wants_to_know(void **state)
{
	struct room *room = *state;
	int fd = open_from(room, WIRE_UNKNOWN, 0, "", true);
	uint64_t number = take_question(room, WIRE_UNKNOWN, "");

	room_judges(room, number,
		&(struct verdict){.gap = true,
			.used = 39,
			.limit = ROOM_FROM,
			.busy = ""});
	assert_true(has(room_text(room, fd),
		"id: #39\nevent: reset\ndata: {\"requested\":\"\","
		"\"oldest\":\"#40\",\"newest\":\"#99\"}\n\n"));
	close(fd);
}

/* ---- later */

/* Falls below the window, and what it lacks was pruned. */
static struct span lose(struct room *room, int fd)
{
	uint64_t number;

	room_text(room, fd);
	for (int i = 0; i < 40; i++)
		room_publish_bytes(room, "a", 10000, false);
	room_turn(room);
	number = take_question(room, WIRE_AFTER, "");
	room_judges(room, number,
		&(struct verdict){.gap = true,
			.used = window_from(room->window),
			.limit = window_from(room->window),
			.busy = ""});
	return room_text(room, fd);
}

static void test_a_gap_in_the_middle_ends_the_stream(void **state)
{
	struct room *room = *state;
	int fd = open_from(room, WIRE_AFTER, ROOM_FROM, "#100", false);

	CHECK_TEXT("the end", lose(room, fd), "<end><closed>");
	assert_int_equal(audience_count(room->audience), 0);
	close(fd);
}

static void test_a_gap_in_the_middle_is_told_to_who_wants_to_know(void **state)
{
	struct room *room = *state;
	int fd = open_from(room, WIRE_AFTER, ROOM_FROM, "#100", true);
	struct span text = lose(room, fd);

	assert_true(has(text, "event: reset\ndata: {\"requested\":\"#100\""));
	assert_true(has(text, "\ndata: yyy"));
	close(fd);
}

static void test_what_is_not_stored_is_no_update(void **state)
{
	struct room *room = *state;
	int fd = open_fresh(room, false, false);

	room_text(room, fd);
	room_publish_bytes(room, "a", 3, true);
	room_turn(room);
	assert_int_equal(room_text(room, fd).len, 0);
	close(fd);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_nothing_comes_before_the_first_event_but_retry),
		IN_ROOM(test_a_browser_is_told_where_it_is_before_its_first_event),
		IN_ROOM(test_an_empty_cursor_is_answered_with_the_newest),
		IN_ROOM(test_the_head_repeats_a_cursor_that_is_gone_on_from),
		IN_ROOM(test_the_hub_knows_what_a_publisher_calls_an_event),
		IN_ROOM(test_what_is_not_known_begins_at_the_earliest),
		IN_ROOM(test_a_gap_is_told_to_who_wants_to_know),
		IN_ROOM(test_a_gap_in_the_middle_ends_the_stream),
		IN_ROOM(test_a_gap_in_the_middle_is_told_to_who_wants_to_know),
		IN_ROOM(test_what_is_not_stored_is_no_update),
	};

	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
