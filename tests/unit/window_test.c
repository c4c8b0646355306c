/* SPDX-License-Identifier: MIT */
/* window and channel: the newest events, and who is where in them */
#include <config.h>

#include <stdlib.h>

#include "fcgi/stream/window.h"
#include "lib/event/erasure.h"
#include "tests/unit/unit.h"

struct room {
	struct topics *topics;
	struct window *window;
};

static int enter(void **state)
{
	struct room *room = mem_new(sizeof(*room));

	room->topics = topics_new();
	room->window = window_new(64 << 10, room->topics);
	window_begin(room->window, 100);
	*state = room;
	return 0;
}

static int leave(void **state)
{
	struct room *room = *state;

	window_free(room->window);
	topics_free(room->topics);
	free(room);
	return 0;
}

static struct topic *append(
	struct room *room, uint64_t id, const char *channel, size_t len)
{
	static char data[32 << 10];
	const struct wire_event event = {.id = id,
		.channel = span_of(channel),
		.type = span_of("t"),
		.data = span(data, len)};

	return window_append(room->window, &event);
}

static void test_an_empty_window_is_at_its_beginning(void **state)
{
	struct room *room = *state;
	uint64_t at;

	assert_true(window_newest(room->window) == 100);
	assert_true(window_locate(room->window, 100, &at));
	assert_true(at == window_end(room->window));
	assert_false(window_locate(room->window, 99, &at));
	assert_false(window_locate(room->window, 101, &at));
}

static void test_only_ids_that_were_seen_are_found(void **state)
{
	struct room *room = *state;
	uint64_t at;

	append(room, 103, "a", 10);
	append(room, 107, "b", 10);
	assert_true(window_locate(room->window, 103, &at));
	assert_true(at == window_end(room->window) - 1);
	for (uint64_t id = 101; id <= 110; id++)
		if (id != 103 && id != 107)
			assert_false(window_locate(room->window, id, &at));
}

static void test_a_volatile_event_has_the_mark_of_the_one_before(void **state)
{
	struct room *room = *state;
	uint64_t at;

	append(room, 103, "a", 10);
	append(room, 0, "m", 10);
	assert_true(window_newest(room->window) == 103);
	assert_true(window_locate(room->window, 103, &at));
	/* A cursor has no place for it: it is passed over. */
	assert_true(at == window_end(room->window));
}

static void test_the_oldest_leave_when_it_is_full(void **state)
{
	struct room *room = *state;
	struct topic *topic = NULL;
	uint64_t at;

	for (uint64_t id = 101; id <= 200; id++)
		topic = append(room, id, "a", 1000);
	assert_true(window_from(room->window) > 101);
	assert_true(window_newest(room->window) == 200);
	assert_true(window_from(room->window) ==
		    window_mark(room->window, window_floor(room->window)));
	assert_true(topic->evicted == window_floor(room->window));
	assert_int_equal(topic->count,
		window_end(room->window) - window_floor(room->window));
	assert_true(
		window_locate(room->window, window_from(room->window), &at));
	assert_false(window_locate(room->window, 102, &at));
}

static void test_the_newest_stays_however_large(void **state)
{
	struct room *room = *state;
	static char huge[200 << 10];
	const struct wire_event event = {.id = 102,
		.channel = span_of("a"),
		.data = span(huge, 200 << 10)};

	append(room, 101, "a", 10);
	window_append(room->window, &event);
	assert_true(window_newest(room->window) == 102);
	assert_true(window_from(room->window) == 101);
	assert_int_equal(window_entry(room->window, window_end(room->window))
				 ->event.data.len,
		200 << 10);
}

static void test_a_channel_nobody_wants_is_forgotten(void **state)
{
	struct room *room = *state;

	append(room, 101, "once", 10);
	for (uint64_t id = 102; id <= 200; id++)
		append(room, id, "a", 1000);
	assert_null(topic_find(room->topics, span_of("once")));
	assert_non_null(topic_find(room->topics, span_of("a")));
}

static void test_after_a_new_beginning_nobody_is_at_his_old_place(void **state)
{
	struct room *room = *state;
	uint64_t end;
	uint64_t at;

	append(room, 101, "a", 10);
	end = window_end(room->window);
	window_begin(room->window, 500);
	assert_true(window_voided(room->window) > end);
	assert_false(window_locate(room->window, 101, &at));
	assert_true(window_locate(room->window, 500, &at));
	assert_true(at >= window_voided(room->window));
}

static void test_positions_after_are_found_in_a_long_channel(void **state)
{
	struct room *room = *state;
	struct topic *topic = NULL;
	uint64_t first = window_end(room->window) + 1;

	for (uint64_t id = 101; id <= 300; id++)
		topic = append(room, id, id % 2 ? "odd" : "even", 1);
	/* `even` is at first + 1, first + 3, ... */
	assert_int_equal(topic_after(topic, 0), 0);
	assert_int_equal(topic_after(topic, first), 0);
	assert_int_equal(topic_after(topic, first + 1), 1);
	assert_int_equal(topic_after(topic, first + 2), 1);
	assert_int_equal(topic_after(topic, first + 99), 50);
	assert_int_equal(topic_after(topic, first + 199), 100);
	assert_true(topic_at(topic, 99) == first + 199);
}

/* However many there are, and from wherever: each position is found. */
static void test_every_position_in_a_channel_is_found(void **state)
{
	struct room *room = *state;
	uint64_t first = window_end(room->window) + 1;

	for (uint64_t id = 101; id <= 140; id++) {
		const struct topic *topic = append(room, id, "a", 1);

		for (uint32_t i = 0; i < topic->count; i++)
			assert_int_equal(topic_after(topic, first + i), i + 1);
		assert_int_equal(topic_after(topic, first - 1), 0);
	}
}

static void test_many_channels_keep_their_names_apart(void **state)
{
	struct room *room = *state;
	char name[16];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		topic_get(room->topics, span_of(name))->subscribers = 1;
	}
	for (int i = 0; i < 2000; i++) {
		struct topic *topic;

		snprintf(name, sizeof(name), "c%d", i);
		topic = topic_find(room->topics, span_of(name));
		assert_non_null(topic);
		assert_true(span_is(topic_name(topic), name));
		topic->subscribers = 0;
		topic_tidy(room->topics, topic);
		assert_null(topic_find(room->topics, span_of(name)));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

/* Its ring is widened when its first place is not the first in memory. */
static void test_a_channel_s_positions_stay_in_order_as_it_grows(void **state)
{
	struct room *room = *state;
	struct topic *topic = topic_get(room->topics, span_of("growing"));

	for (uint64_t at = 1; at <= 4; at++)
		topic_push(topic, at);
	topic_evict(topic, 1);
	topic_evict(topic, 2);
	for (uint64_t at = 5; at <= 7; at++)
		topic_push(topic, at);
	assert_int_equal(topic->count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(topic_at(topic, i), 3 + i);
}

static void test_what_was_deleted_keeps_its_place_and_loses_its_data(
	void **state)
{
	struct room *room = *state;
	struct topic *topic;

	append(room, 101, "a", 10);
	append(room, 102, "b", 10);
	append(room, 105, "a", 10);
	append(room, 0, "a", 10);
	topic = append(room, 106, "a", 10);
	for (uint64_t id = 1; id < 200; id += 3)
		window_erase(room->window,
			&(struct erasure){.first = id, .last = id});
	window_erase(
		room->window, &(struct erasure){.first = 102, .last = 105});
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t position = topic_at(topic, i);
		const struct entry *entry =
			window_entry(room->window, position);

		assert_int_equal(entry->gone, i == 1 || i == 3);
		assert_int_equal(entry->event.data.len, entry->gone ? 0 : 10);
	}
	window_erase(room->window,
		&(struct erasure){.channel = span_of("nobody's")});
	window_erase(room->window, &(struct erasure){.channel = span_of("a")});
	for (uint32_t i = 0; i < 4; i++)
		assert_true(
			window_entry(room->window, topic_at(topic, i))->gone);
	assert_true(window_newest(room->window) == 106);
	for (int i = 0; i < 100; i++) /* they leave as all others do */
		append(room, (uint64_t)(200 + i), "c", 10000);
	assert_true(window_floor(room->window) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_empty_window_is_at_its_beginning),
		TEST(test_only_ids_that_were_seen_are_found),
		TEST(test_a_volatile_event_has_the_mark_of_the_one_before),
		TEST(test_the_oldest_leave_when_it_is_full),
		TEST(test_what_was_deleted_keeps_its_place_and_loses_its_data),
		TEST(test_the_newest_stays_however_large),
		TEST(test_a_channel_nobody_wants_is_forgotten),
		TEST(test_after_a_new_beginning_nobody_is_at_his_old_place),
		TEST(test_positions_after_are_found_in_a_long_channel),
		TEST(test_every_position_in_a_channel_is_found),
		TEST(test_many_channels_keep_their_names_apart),
		TEST(test_a_channel_s_positions_stay_in_order_as_it_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
