/* SPDX-License-Identifier: MIT */
/* fanout: the duty rule, by a clock of our own */
#include <config.h>

#include <unistd.h>

#include "tests/unit/stream_room.h"

enum {
	MANY = 20,     /* more than a fan-out that is not worth a clock */
	SLICES = 300,  /* three slices of subscribers */
	LOOK_US = 200, /* fanout.c's */
	PATIENCE_US = 20000,
};

static void listen_all(struct room *room, int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fds[i] = room_listen(room, "a");
	room_read(room, fds, count);
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* How many of them have something to read; reads it. */
static size_t count_written(
	struct room *room, const int *fds, size_t count, const char *part)
{
	size_t written = 0;

	for (size_t i = 0; i < count; i++)
		written += has(room_text(room, fds[i]), part);
	return written;
}

static void test_a_lone_event_leaves_in_the_turn_it_came(void **state)
{
	struct room *room = *state;
	int fds[MANY];

	listen_all(room, fds, MANY);
	room_publish(room, "a", "lone");
	room_turn(room);
	assert_int_equal(count_written(room, fds, MANY, "data: lone\n"), MANY);
	close_all(fds, MANY);
}

static void test_who_is_not_on_its_channel_is_not_written(void **state)
{
	struct room *room = *state;
	int other = room_listen(room, "b");

	room_text(room, other);
	room_publish(room, "a", "x");
	room_turn(room);
	assert_int_equal(room_text(room, other).len, 0);
	close(other);
}

static void test_a_fan_out_of_a_few_writes_is_followed_at_once(void **state)
{
	struct room *room = *state;
	int fd = room_listen(room, "a");

	room_text(room, fd);
	room_publish(room, "a", "one");
	room_turn(room);
	room_publish(room, "a", "two");
	room_turn(room);
	assert_true(has(room_text(room, fd), "data: two\n"));
	close(fd);
}

/* T is from the first write until it has been read; then T again. */
static void test_the_next_one_rests_as_long_as_this_one_took(void **state)
{
	struct room *room = *state;
	int fds[MANY];

	listen_all(room, fds, MANY);
	room_publish(room, "a", "one");
	room_turn(room);
	room_publish(room, "a", "two");
	room_pass(room, 3000); /* nobody has read */
	assert_int_equal(count_written(room, fds, MANY, "two"), 0);
	room_pass(room, LOOK_US); /* count_written() has: T is over */
	room_publish(room, "a", "three");
	room_pass(room, 3000 + LOOK_US - 1);
	assert_int_equal(count_written(room, fds, MANY, "two"), 0);
	room_pass(room, 1);
	assert_int_equal(count_written(room, fds, MANY,
				 "data: two\n\nid: 103\ndata: three\n"),
		MANY);
	close_all(fds, MANY);
}

static void test_a_rest_has_an_end(void **state)
{
	struct room *room = *state;
	int fds[MANY];

	listen_all(room, fds, MANY);
	room_publish(room, "a", "one");
	room_turn(room);
	hand_clock_pass(&room->hands, 60 * 1000000); /* something held us up */
	room_read(room, fds, MANY);
	room_publish(room, "a", "two");
	room_turn(room);
	room_pass(room, ROOM_REST_MS * 1000 - 1);
	assert_int_equal(count_written(room, fds, MANY, "two"), 0);
	room_pass(room, 1);
	assert_int_equal(count_written(room, fds, MANY, "two"), MANY);
	close_all(fds, MANY);
}

static void test_without_anything_new_there_is_no_rest(void **state)
{
	struct room *room = *state;
	int fds[MANY];

	listen_all(room, fds, MANY);
	room_publish(room, "a", "one");
	room_turn(room);
	room_read(room, fds, MANY);
	room_pass(room, 5000);
	room_publish(room, "a", "two");
	room_turn(room);
	assert_int_equal(count_written(room, fds, MANY, "two"), MANY);
	close_all(fds, MANY);
}

static void test_who_has_stopped_reading_does_not_hold_the_clock(void **state)
{
	struct room *room = *state;
	int fds[MANY];

	listen_all(room, fds, MANY);
	room_publish(room, "a", "one");
	room_turn(room);
	/* half of the last few: the others never read */
	room_read(room, fds, MANY - FANOUT_SAMPLE / 2);
	room_pass(room, LOOK_US);
	room_publish(room, "a", "two");
	room_turn(room);
	assert_int_equal(count_written(room, fds, MANY, "two"), MANY);
	close_all(fds, MANY);
}

static void test_an_unread_slice_is_waited_for_but_not_for_ever(void **state)
{
	struct room *room = *state;
	int fds[MANY];

	listen_all(room, fds, MANY);
	room_publish(room, "a", "one");
	room_turn(room);
	room_publish(room, "a", "two");
	for (int us = 0; us < PATIENCE_US; us += LOOK_US)
		room_pass(room, LOOK_US);
	/* that was T; it rests */
	room_pass(room, PATIENCE_US - 1);
	assert_int_equal(count_written(room, fds, MANY, "two"), 0);
	room_pass(room, LOOK_US);
	assert_int_equal(count_written(room, fds, MANY, "two"), MANY);
	close_all(fds, MANY);
}

static void test_it_writes_a_slice_a_turn_and_waits_for_the_last_but_one(
	void **state)
{
	struct room *room = *state;
	static int fds[SLICES];

	listen_all(room, fds, SLICES);
	room_publish(room, "a", "one");
	room_turn(room);
	room_turn(room);
	room_turn(room); /* the first is not read yet */
	assert_int_equal(
		count_written(room, fds, SLICES, "one"), 2 * FANOUT_SLICE);
	room_pass(room, LOOK_US);
	assert_int_equal(count_written(room, fds, SLICES, "one"),
		SLICES - 2 * FANOUT_SLICE);
	close_all(fds, SLICES);
}

/* A POST in between is not held up, and what it brings waits for the next. */
static void test_what_comes_meanwhile_is_of_the_next_fan_out(void **state)
{
	struct room *room = *state;
	static int fds[SLICES];
	size_t written = 0;

	listen_all(room, fds, SLICES);
	room_publish(room, "a", "one");
	room_turn(room);
	room_publish(room, "a", "two");
	room_turn(room);
	assert_int_equal(count_written(room, fds, SLICES, "two"), 0);
	for (int i = 0; i < 20; i++) {
		room_pass(room, LOOK_US);
		written += count_written(room, fds, SLICES, "data: two\n");
	}
	assert_int_equal(written, SLICES);
	close_all(fds, SLICES);
}

static void test_one_who_leaves_in_the_middle_is_not_written(void **state)
{
	struct room *room = *state;
	static int fds[SLICES];

	listen_all(room, fds, SLICES);
	room_publish(room, "a", "one");
	room_turn(room);
	close_all(fds, SLICES); /* sampled, waiting and written ones */
	for (int i = 0; i < 5; i++)
		room_pass(room, LOOK_US);
	assert_int_equal(audience_count(room->audience), 0);
}

static void test_the_age_of_what_is_written_is_measured(void **state)
{
	struct room *room = *state;
	int fd = room_listen(room, "a");
	struct wire_event event = {.id = ROOM_FROM + 1,
		.taken = room->hands.mono_us,
		.channel = span_of("a")};
	struct buf out = {0};

	wire_put_event(&out, &event);
	room_says(room, WIRE_EVENT, &out);
	buf_release(&out);
	room_pass(room, 700);
	assert_int_equal(room->counters->latency.sum, 700);
	assert_int_equal(room->counters->delivered, 1);
	close(fd);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_a_lone_event_leaves_in_the_turn_it_came),
		IN_ROOM(test_who_is_not_on_its_channel_is_not_written),
		IN_ROOM(test_a_fan_out_of_a_few_writes_is_followed_at_once),
		IN_ROOM(test_the_next_one_rests_as_long_as_this_one_took),
		IN_ROOM(test_a_rest_has_an_end),
		IN_ROOM(test_without_anything_new_there_is_no_rest),
		IN_ROOM(test_who_has_stopped_reading_does_not_hold_the_clock),
		IN_ROOM(test_an_unread_slice_is_waited_for_but_not_for_ever),
		IN_ROOM(test_it_writes_a_slice_a_turn_and_waits_for_the_last_but_one),
		IN_ROOM(test_what_comes_meanwhile_is_of_the_next_fan_out),
		IN_ROOM(test_one_who_leaves_in_the_middle_is_not_written),
		IN_ROOM(test_the_age_of_what_is_written_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
