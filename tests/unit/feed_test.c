/* SPDX-License-Identifier: MIT */
/* feed: what the hub says, to those whom it concerns */
#include <config.h>

#include <unistd.h>

#include "lib/event/erasure.h"
#include "lib/histogram.h"
#include "tests/unit/stream_room.h"

static void test_an_event_goes_to_the_window_and_to_who_listens(void **state)
{
	struct room *room = *state;
	int fd = room_listen(room, "a");
	uint64_t at;

	room_text(room, fd);
	room_publish(room, "a", "x");
	assert_true(window_locate(room->window, 101, &at));
	assert_int_equal(room_text(room, fd).len, 0);
	room_turn(room);
	CHECK_TEXT("once", room_text(room, fd), "id: 101\ndata: x\n\n");
	close(fd);
}

static void test_an_event_goes_to_who_listens_by_a_pattern(void **state)
{
	struct room *room = *state;
	const struct span names[] = {span_of("a{n}")};
	struct subscription subscription = {
		.channels = names, .count = 1, .patterns = 1, .fresh = true};
	int fd = room_open(room, &subscription);

	room_turn(room);
	room_text(room, fd);
	room_publish(room, "a1", "x");
	room_publish(room, "b1", "y");
	room_turn(room);
	CHECK_TEXT("once", room_text(room, fd), "id: 101\ndata: x\n\n");
	close(fd);
}

static void test_who_comes_after_a_delete_is_not_given_what_it_took(
	void **state)
{
	struct room *room = *state;
	struct wire_event event = {
		.id = 103, .channel = span_of(ERASURE_CHANNEL)};
	struct buf traits = {0}, out = {0};
	struct span text;
	int fd;

	room_publish(room, "a", "x");
	room_publish(room, "a", "y");
	erasure_put(&traits, &(struct erasure){.first = 101, .last = 101});
	event.traits = buf_span(&traits);
	wire_put_event(&out, &event);
	assert_true(session_frame(&room->session, WIRE_EVENT, buf_span(&out)));
	fd = room_resume(room, "a", ROOM_FROM);
	room_turn(room);
	text = room_text(room, fd);
	assert_true(has(text, "data: y"));
	assert_false(has(text, "data: x"));
	buf_release(&traits);
	buf_release(&out);
	close(fd);
}

static void test_a_sample_without_listeners_pushes_nothing_out(void **state)
{
	struct room *room = *state;
	uint64_t end = window_end(room->window);
	int fd;

	room_publish_bytes(room, "metrics", 100, true);
	assert_int_equal(window_end(room->window), end);
	fd = room_listen(room, "metrics");
	room_publish_bytes(room, "metrics", 100, true);
	assert_int_equal(window_end(room->window), end + 1);
	close(fd);
}

static void test_ids_that_do_not_rise_are_no_frame_of_a_hub(void **state)
{
	struct room *room = *state;
	const struct wire_event event = {
		.id = ROOM_FROM, .channel = span_of("a")};
	struct buf out = {0};

	wire_put_event(&out, &event);
	assert_false(session_frame(&room->session, WIRE_EVENT, buf_span(&out)));
	buf_release(&out);
}

static void test_a_hub_that_goes_on_voids_nothing(void **state)
{
	struct room *room = *state;
	uint64_t at;

	room_publish(room, "a", "x");
	room_hub_leaves(room);
	room_hub_comes(room, room->newest);
	assert_true(window_locate(room->window, 101, &at));
	assert_true(window_from(room->window) == ROOM_FROM);
}

static void test_a_hub_that_does_not_go_on_voids_the_window(void **state)
{
	struct room *room = *state;

	room_publish(room, "a", "x");
	room_hub_leaves(room);
	room->newest = 500; /* what we had is not known there */
	room_hub_comes(room, 500);
	assert_true(window_from(room->window) == 500);
	assert_true(window_newest(room->window) == 500);
}

static void test_a_window_is_filled_when_the_newest_has_come(void **state)
{
	struct room *room = *state;

	room_hub_comes(room, ROOM_FROM + 2);
	room_publish(room, "a", "1");
	assert_false(session_is_filled(&room->session));
	room_publish(room, "a", "2");
	assert_true(session_is_filled(&room->session));
}

/* ---- what the hub is told */

/* "a=1 b=2 ", all that has changed. */
static void check_counts(struct room *room, const char *want)
{
	struct uplink_sink *sink = &room->session.sink;
	struct buf body = {0}, text = {0};

	while (sink->counts(sink->arg, &body)) {
		struct wire_in in = wire_in(buf_span(&body));
		uint32_t count = wire_get_u32(&in);

		for (uint32_t i = 0; i < count; i++) {
			struct span name = wire_get_str16(&in);

			buf_printf(&text, "%.*s=%u ", (int)name.len, name.at,
				wire_get_u32(&in));
		}
		assert_true(wire_done(&in));
		buf_clear(&body);
	}
	CHECK_TEXT("counts", buf_span(&text), want);
	buf_release(&body);
	buf_release(&text);
}

static void test_how_many_listen_is_told_where_it_has_changed(void **state)
{
	struct room *room = *state;
	int one = room_listen(room, "a"), two = room_listen(room, "a");
	int other = room_listen(room, "b");

	check_counts(room, "a=2 b=1 ");
	check_counts(room, "");
	close(two);
	room_turn(room);
	check_counts(room, "a=1 ");
	close(one);
	room_turn(room);
	close(other);
	room_turn(room);
	check_counts(room, "a=0 b=0 ");
	check_counts(room, "");
}

static void test_who_comes_and_goes_in_between_is_not_told(void **state)
{
	struct room *room = *state;

	close(room_listen(room, "a"));
	room_turn(room);
	check_counts(room, "");
	assert_null(topic_find(room->topics, span_of("a")));
}

static void test_the_next_hub_is_told_all_of_it(void **state)
{
	struct room *room = *state;
	int one = room_listen(room, "a"), two = room_listen(room, "b");

	check_counts(room, "a=1 b=1 ");
	close(two);
	room_turn(room);
	room_hub_leaves(room);
	check_counts(room, "a=1 ");
	close(one);
}

static void test_what_was_done_is_reported_with_how_many_there_are(void **state)
{
	struct room *room = *state;
	struct uplink_sink *sink = &room->session.sink;
	int fd = room_listen(room, "a");
	struct buf body = {0};
	struct wire_in in;

	hand_clock_pass(&room->hands, 12345);
	sink->report(sink->arg, &body);
	in = wire_in(buf_span(&body));
	assert_int_equal(wire_get_u64(&in), 12345);
	assert_int_equal(wire_get_u32(&in), 1);
	assert_int_equal(wire_get_u32(&in), 0); /* bad files of keys */
	assert_int_equal(wire_get_u64(&in), 1); /* one 2xx: the stream's */
	buf_release(&body);
	close(fd);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)
#define ALONE(test) \
	cmocka_unit_test_setup_teardown(test, room_enter_alone, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_an_event_goes_to_the_window_and_to_who_listens),
		IN_ROOM(test_an_event_goes_to_who_listens_by_a_pattern),
		IN_ROOM(test_who_comes_after_a_delete_is_not_given_what_it_took),
		IN_ROOM(test_a_sample_without_listeners_pushes_nothing_out),
		IN_ROOM(test_ids_that_do_not_rise_are_no_frame_of_a_hub),
		IN_ROOM(test_a_hub_that_goes_on_voids_nothing),
		IN_ROOM(test_a_hub_that_does_not_go_on_voids_the_window),
		ALONE(test_a_window_is_filled_when_the_newest_has_come),
		IN_ROOM(test_how_many_listen_is_told_where_it_has_changed),
		IN_ROOM(test_who_comes_and_goes_in_between_is_not_told),
		IN_ROOM(test_the_next_hub_is_told_all_of_it),
		IN_ROOM(test_what_was_done_is_reported_with_how_many_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
