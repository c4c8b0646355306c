/* SPDX-License-Identifier: MIT */
/* composer: what a subscriber lacks, joined, and kept for the next one */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fcgi/http/record.h"
#include "lib/event/erasure.h"
#include "tests/unit/stream_room.h"

/* As much of a subscriber as the composer looks at. */
static struct subscriber *reader(struct room *room, const char *const *names)
{
	struct subscriber *sub;
	uint16_t count = 0;

	while (names[count] != NULL)
		count++;
	sub = mem_new(sizeof(*sub) + count * sizeof(sub->memberships[0]));
	sub->request = 1;
	sub->count = count;
	sub->id = ROOM_FROM;
	sub->pos = window_floor(room->window);
	for (uint16_t i = 0; i < count; i++)
		sub->memberships[i].topic =
			topic_get(room->topics, span_of(names[i]));
	return sub;
}

#define READER(room, ...) reader(room, (const char *const[]){__VA_ARGS__, NULL})

static void append(
	struct room *room, uint64_t id, const char *channel, const char *data)
{
	const struct wire_event event = {
		.id = id, .channel = span_of(channel), .data = span_of(data)};

	window_append(room->window, &event);
}

static struct batch *next(struct room *room, const struct subscriber *sub)
{
	return composer_next(room->composer, sub, window_end(room->window));
}

/* A batch of one record, without the record's head. */
static struct span content(const struct batch *batch)
{
	return span(batch->bytes + RECORD_HEAD, batch->len - RECORD_HEAD);
}

static void test_channels_are_merged_in_the_order_of_the_log(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a", "b", "c");
	struct batch *batch;

	append(room, 101, "c", "1");
	append(room, 102, "a", "2");
	append(room, 103, "x", "other");
	append(room, 104, "b", "3");
	append(room, 105, "a", "4");
	batch = next(room, sub);
	CHECK_TEXT("in order", content(batch),
		"id: 101\ndata: 1\n\nid: 102\ndata: 2\n\n"
		"id: 104\ndata: 3\n\nid: 105\ndata: 4\n\n");
	assert_int_equal(batch->events, 4);
	assert_int_equal(batch->id, 105);
	assert_int_equal(batch->pos, window_end(room->window));
	batch_drop(batch);
	free(sub);
}

static void test_what_was_deleted_is_passed_over(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a", "b");
	struct batch *batch;

	append(room, 101, "a", "1");
	append(room, 102, "b", "2");
	append(room, 103, "a", "3");
	append(room, 104, "a", "4");
	for (uint64_t id = 101; id <= 103; id += 2)
		window_erase(room->window,
			&(struct erasure){.first = id, .last = id});
	batch = next(room, sub);
	CHECK_TEXT("the rest", content(batch),
		"id: 102\ndata: 2\n\nid: 104\ndata: 4\n\n");
	assert_int_equal(batch->events, 2);
	batch_drop(batch);
	free(sub);
}

static void test_nothing_comes_twice(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a");
	struct batch *batch;

	append(room, 101, "a", "1");
	append(room, 102, "a", "2");
	sub->id = 101; /* by a page; its position is not that far */
	batch = next(room, sub);
	CHECK_TEXT("the rest", content(batch), "id: 102\ndata: 2\n\n");
	sub->id = 102;
	batch_drop(batch);
	assert_null(next(room, sub));
	sub->pos = window_end(room->window);
	assert_null(next(room, sub));
	free(sub);
}

static void test_what_lies_beyond_the_horizon_is_left(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a");
	struct batch *batch;
	uint64_t horizon;

	append(room, 101, "a", "1");
	horizon = window_end(room->window);
	append(room, 102, "a", "2");
	batch = composer_next(room->composer, sub, horizon);
	CHECK_TEXT("one", content(batch), "id: 101\ndata: 1\n\n");
	assert_int_equal(batch->pos, horizon);
	batch_drop(batch);
	free(sub);
}

static void test_a_volatile_event_has_no_id_and_is_not_counted(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a");
	struct batch *batch;

	append(room, 101, "a", "1");
	append(room, 0, "a", "sample");
	batch = next(room, sub);
	CHECK_TEXT(
		"both", content(batch), "id: 101\ndata: 1\n\ndata: sample\n\n");
	assert_int_equal(batch->events, 1);
	assert_int_equal(batch->id, 101);
	batch_drop(batch);
	free(sub);
}

static void test_those_at_the_same_place_are_given_the_same_batch(void **state)
{
	struct room *room = *state;
	struct subscriber *one = READER(room, "a", "b");
	struct subscriber *same = READER(room, "a", "b");
	struct batch *first, *second;

	append(room, 101, "a", "1");
	first = next(room, one);
	second = next(room, same);
	assert_ptr_equal(first, second);
	batch_drop(first);
	batch_drop(second);
	free(one);
	free(same);
}

/* Each differs from the first in one thing. */
static void test_nobody_is_given_what_another_one_wants(void **state)
{
	struct room *room = *state;
	struct subscriber *all[] = {READER(room, "a", "b"),
		READER(room, "a", "c"), READER(room, "a"),
		READER(room, "a", "b"), READER(room, "a", "b"),
		READER(room, "a", "b"), READER(room, "a", "b"),
		READER(room, "a", "b")};

	all[3]->dress = EVENT_ENVELOPE;
	all[5]->dress = EVENT_MERCURE;
	all[6]->dress = EVENT_TIMED;
	all[7]->dress = EVENT_TIMED_ENVELOPE;
	all[4]->request = 2;
	append(room, 101, "a", "1");
	append(room, 102, "b", "2");
	append(room, 103, "c", "3");
	for (size_t i = 1; i < COUNT(all); i++) {
		struct batch *first = next(room, all[0]);
		struct batch *other = next(room, all[i]);

		CHECK_TEXT("a and b", content(first),
			"id: 101\ndata: 1\n\nid: 102\ndata: 2\n\n");
		assert_ptr_not_equal(first, other);
		assert_int_equal(
			has(content(other), "data: 2\n"), i >= 4 && i != 7);
		assert_int_equal(has(content(other), "data: 3\n"), i == 1);
		assert_int_equal(has(content(other), "{\"channel\":\"b\""),
			i == 3 || i == 7);
		assert_int_equal(has(content(other), "id: #102\n"), i == 5);
		assert_int_equal(has(content(other), "\nat: "), i == 6);
		assert_int_equal(has(content(other), ",\"at\":"), i == 7);
		assert_int_equal(other->bytes[3], i == 4 ? 2 : 1);
		batch_drop(first);
		batch_drop(other);
	}
	for (size_t i = 0; i < COUNT(all); i++)
		free(all[i]);
}

static void test_one_that_was_composed_for_less_is_not_reused(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a");
	struct batch *batch;
	uint64_t horizon;

	append(room, 101, "a", "1");
	horizon = window_end(room->window);
	append(room, 102, "a", "2");
	batch = next(room, sub);
	batch_drop(batch);
	batch = composer_next(room->composer, sub, horizon);
	CHECK_TEXT("one", content(batch), "id: 101\ndata: 1\n\n");
	batch_drop(batch);
	free(sub);
}

static void test_a_batch_is_full_at_a_record_and_the_rest_follows(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a");
	static char half[RECORD_BODY / 2];
	struct batch *batch;

	memset(half, 'y', sizeof(half) - 1);
	append(room, 101, "a", half);
	append(room, 102, "a", half);
	append(room, 103, "a", "last");
	batch = next(room, sub);
	assert_true(batch->len <= RECORD_BODY + RECORD_HEAD);
	assert_int_equal(batch->events, 1);
	assert_int_equal(batch->id, 101);
	sub->pos = batch->pos;
	sub->id = batch->id;
	batch_drop(batch);
	batch = next(room, sub);
	assert_int_equal(batch->events, 2);
	assert_int_equal(batch->id, 103);
	batch_drop(batch);
	free(sub);
}

enum { MANY = 400, MOST = 64 };

/* Events of other lengths, some of them on another channel. */
static void append_many(struct room *room)
{
	struct subscriber *sub = READER(room, "a");
	static char data[450];

	memset(data, 'x', sizeof(data) - 1);
	for (unsigned i = 0; i < MANY; i++)
		append(room, ROOM_FROM + 1 + i, i % 8 == 0 ? "b" : "a",
			data + i * 37 % 250);
	free(sub);
}

/* Who has all up to that id is given batches which end at these positions;
 * returns how many.  Fails if an event is missed or comes twice. */
static unsigned walk(
	struct room *room, bool gzip, uint64_t id, uint64_t ends[MOST])
{
	struct subscriber *sub = READER(room, "a");
	struct batch *batch;
	unsigned events = 0, count = 0;

	sub->gzip = gzip;
	for (uint64_t i = id - ROOM_FROM; i < MANY; i++)
		events += i % 8 != 0;
	sub->id = id;
	while ((batch = next(room, sub)) != NULL) {
		assert_true(batch->pos > sub->pos && count < MOST);
		ends[count++] = sub->pos = batch->pos;
		sub->id = batch->id;
		events -= batch->events;
		batch_drop(batch);
	}
	assert_int_equal(events, 0);
	free(sub);
	return count;
}

static bool is_among(uint64_t end, const uint64_t *ends, unsigned count)
{
	while (count-- > 0)
		if (ends[count] == end)
			return true;
	return false;
}

static void test_those_who_are_late_meet_where_batches_end_if_those_are_packed(
	void **state)
{
	struct room *room = *state;
	uint64_t one[MOST], other[MOST];
	unsigned count, own, met = 0;

	append_many(room);
	count = walk(room, true, ROOM_FROM, one);
	assert_true(count > 3);
	for (unsigned late = 1; late < 100; late++) {
		own = walk(room, true, ROOM_FROM + late, other);
		for (unsigned i = 1; i < own; i++)
			CHECK("the same from the second one on",
				is_among(other[i], one, count));
		met += is_among(other[0], one, count);
	}
	assert_true(met > 50);
}

static void test_batches_are_full_where_they_are_not_packed(void **state)
{
	struct room *room = *state;
	uint64_t full[MOST], packed[MOST];

	append_many(room);
	walk(room, false, ROOM_FROM, full);
	walk(room, true, ROOM_FROM, packed);
	assert_true(full[0] > packed[0]);
}

static void test_a_long_event_is_a_batch_of_its_own(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a");
	static char lengthy[3 * RECORD_BODY];
	struct batch *batch;

	memset(lengthy, 'y', sizeof(lengthy) - 1);
	append(room, 101, "a", lengthy);
	append(room, 102, "a", "next");
	batch = next(room, sub);
	assert_int_equal(batch->events, 1);
	assert_true(batch->len > sizeof(lengthy) + 3 * RECORD_HEAD);
	batch_drop(batch);
	free(sub);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_channels_are_merged_in_the_order_of_the_log),
		IN_ROOM(test_what_was_deleted_is_passed_over),
		IN_ROOM(test_nothing_comes_twice),
		IN_ROOM(test_what_lies_beyond_the_horizon_is_left),
		IN_ROOM(test_a_volatile_event_has_no_id_and_is_not_counted),
		IN_ROOM(test_those_at_the_same_place_are_given_the_same_batch),
		IN_ROOM(test_nobody_is_given_what_another_one_wants),
		IN_ROOM(test_one_that_was_composed_for_less_is_not_reused),
		IN_ROOM(test_a_batch_is_full_at_a_record_and_the_rest_follows),
		IN_ROOM(test_those_who_are_late_meet_where_batches_end_if_those_are_packed),
		IN_ROOM(test_batches_are_full_where_they_are_not_packed),
		IN_ROOM(test_a_long_event_is_a_batch_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
