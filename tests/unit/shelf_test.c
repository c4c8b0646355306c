/* SPDX-License-Identifier: MIT */
/* strip, shelf, merge: older events by channel and range, and what is made of
 * them */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fcgi/http/record.h"
#include "fcgi/replay/merge.h"
#include "fcgi/replay/shelf.h"
#include "fcgi/replay/strip.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/uplink/questions.h"
#include "tests/unit/unit.h"

enum { LARGE = 1 << 20 };

/* Events with these ids, 0 at the end; each has `size` bytes of data. */
static struct strip *make(
	uint64_t from, uint64_t through, size_t size, const uint64_t *ids)
{
	static char data[LARGE];
	struct paged paged = {.through = through};
	struct buf events = {0};
	struct strip *strip;

	memset(data, 'x', sizeof(data));
	for (; *ids != 0; ids++, paged.count++) {
		struct wire_event event = {.id = *ids,
			.channel = span_of("a"),
			.data = span(data, size)};

		wire_put_u32(&events, (uint32_t)wire_event_size(&event));
		wire_put_event(&events, &event);
	}
	paged.events = wire_in(buf_span(&events));
	strip = strip_new(from, &paged, span("\0\1\0a", 4), EVENT_PLAIN, NULL);
	buf_release(&events);
	return strip;
}

#define IDS(...) ((const uint64_t[]){__VA_ARGS__, 0})

static void put(struct shelf *shelf, const char *channel, struct strip *strip)
{
	shelf_add(shelf, EVENT_PLAIN, span_of(channel), strip);
	shelf_let_go(shelf, strip);
}

/* True if the strip for what follows `cursor` is there. */
static bool finds(struct shelf *shelf, const char *channel, uint64_t cursor)
{
	struct strip *strip =
		shelf_find(shelf, EVENT_PLAIN, span_of(channel), cursor);

	if (strip != NULL)
		shelf_let_go(shelf, strip);
	return strip != NULL;
}

static void test_a_strip_is_found_from_anywhere_in_its_range(void **state)
{
	struct shelf *shelf = shelf_new(LARGE);

	(void)state;
	put(shelf, "a", make(10, 20, 5, IDS(12)));
	put(shelf, "a", make(30, 40, 5, IDS(31, 40)));
	assert_false(finds(shelf, "a", 9));
	assert_true(finds(shelf, "a", 10));
	assert_true(finds(shelf, "a", 19));
	assert_false(finds(shelf, "a", 20));
	assert_true(finds(shelf, "a", 30));
	assert_false(finds(shelf, "b", 30));
	assert_null(shelf_find(shelf, EVENT_ENVELOPE, span_of("a"), 30));
	assert_int_equal(shelf_next(shelf, EVENT_PLAIN, span_of("a"), 10), 30);
	assert_int_equal(
		shelf_next(shelf, EVENT_PLAIN, span_of("a"), 30), UINT64_MAX);
	put(shelf, "a", make(30, 35, 5, IDS(31))); /* instead of the other */
	assert_false(finds(shelf, "a", 36));
	shelf_free(shelf);
}

static void test_the_longest_pattern_has_a_place_of_its_own(void **state)
{
	struct shelf *shelf = shelf_new(LARGE);
	char name[8000];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	put(shelf, name, make(10, 20, 1, IDS(11)));
	assert_true(finds(shelf, name, 10));
	name[sizeof(name) - 2] = 'm';
	assert_false(finds(shelf, name, 10));
	shelf_free(shelf);
}

static void test_what_was_held_last_stays_longest(void **state)
{
	struct strip *held = make(0, 9, 1000, IDS(1));
	struct shelf *shelf = shelf_new(4 * held->cost);

	(void)state;
	shelf_add(shelf, EVENT_PLAIN, span_of("held"), held);
	put(shelf, "a", make(0, 9, 1000, IDS(1)));
	put(shelf, "b", make(0, 9, 1000, IDS(1)));
	put(shelf, "c", make(0, 9, 1000, IDS(1)));
	assert_true(finds(shelf, "a", 0));
	put(shelf, "d", make(0, 9, 1000, IDS(1)));
	assert_true(finds(shelf, "a", 0));
	assert_false(finds(shelf, "b", 0));
	assert_true(finds(shelf, "held", 0));
	assert_true(shelf_bytes(shelf) <= 4 * held->cost);
	shelf_clear(shelf);
	assert_false(finds(shelf, "held", 0));
	assert_int_equal(held->count, 1); /* whoever holds it has it */
	shelf_let_go(shelf, held);
	shelf_free(shelf);
}

static void test_a_strip_that_may_have_what_was_deleted_is_not_found(
	void **state)
{
	struct shelf *shelf = shelf_new(LARGE);

	(void)state;
	put(shelf, "a", make(10, 20, 1, IDS(12)));
	put(shelf, "a", make(20, 30, 1, IDS(25)));
	put(shelf, "b", make(10, 30, 1, IDS(15)));
	put(shelf, "c", make(10, 15, 1, IDS(15)));
	put(shelf, "c", make(15, 19, 1, IDS(16)));
	shelf_erase(shelf, 20, 20);
	assert_false(finds(shelf, "a", 10));
	assert_true(finds(shelf, "a", 20));
	assert_false(finds(shelf, "b", 10));
	assert_true(finds(shelf, "c", 10));
	shelf_erase(shelf, 1, 100);
	assert_int_equal(shelf_bytes(shelf), 0);
	shelf_free(shelf);
}

static void test_events_that_are_not_in_their_place_are_left_out(void **state)
{
	struct strip *strip = make(10, 20, 5, IDS(10, 12, 12, 11, 21, 20));

	(void)state;
	assert_int_equal(strip->count, 2);
	assert_int_equal(strip->ids[0], 12);
	assert_int_equal(strip->ids[1], 20);
	assert_int_equal(strip_after(strip, 12), 1);
	strip_free(strip);
}

static void test_text_is_taken_out_across_records(void **state)
{
	struct strip *strip = make(0, 9, RECORD_BODY - 100, IDS(1, 2, 3));
	size_t each = strip_size(strip, 1, 2);
	struct buf text = {0};

	(void)state;
	strip_text(strip, 1, 2, &text);
	assert_int_equal(text.len, each);
	assert_memory_equal(text.at, "id: 2\ndata: xxx", 15);
	assert_memory_equal(text.at + each - 4, "xx\n\n", 4);
	for (size_t i = 13; i < each - 2; i++)
		assert_int_equal(text.at[i], 'x');
	buf_release(&text);
	strip_free(strip);
}

/* ---- merging two */

struct two {
	struct merge merge;
	struct lane lanes[2];
	struct subscriber *sub;
};

static void lay(struct two *two, struct strip *one, struct strip *other,
	uint64_t cursor)
{
	memset(two, 0, sizeof(*two));
	two->sub = mem_new(sizeof(*two->sub));
	two->sub->request = 1;
	two->lanes[0].strip = one;
	two->lanes[1].strip = other;
	for (int i = 0; i < 2; i++)
		merge_lane(&two->merge, &two->lanes[i], cursor);
}

static void lift(struct two *two)
{
	strip_free(two->lanes[0].strip);
	strip_free(two->lanes[1].strip);
	merge_release(&two->merge);
	free(two->sub);
}

static void test_a_strip_alone_in_its_range_is_given_as_it_is(void **state)
{
	struct strip *one = make(0, 20, 5, IDS(3, 7));
	uint64_t cursor = 0;
	struct batch *batch;
	struct two two;

	(void)state;
	lay(&two, one, make(0, 30, 5, IDS(15)), 0);
	batch = merge_next(&two.merge, two.sub, 20, &cursor);
	assert_ptr_equal(batch, one->batch);
	assert_int_equal(cursor, 14);
	batch_drop(batch);
	batch = merge_next(&two.merge, two.sub, 20, &cursor);
	assert_int_equal(batch->events, 1);
	assert_int_equal(cursor, 20);
	batch_drop(batch);
	assert_null(merge_next(&two.merge, two.sub, 20, &cursor));
	lift(&two);
}

static void test_what_is_between_is_merged_by_id(void **state)
{
	struct strip *one = make(0, 20, 5, IDS(3, 7));
	uint64_t cursor = 0;
	struct batch *batch;
	struct two two;

	(void)state;
	lay(&two, one, make(0, 30, 5, IDS(5, 25)), 0);
	batch = merge_next(&two.merge, two.sub, 20, &cursor);
	assert_int_equal(batch->events, 3);
	assert_int_equal(cursor, 20);
	CHECK_TEXT("merged",
		span(batch->bytes + RECORD_HEAD, batch->len - RECORD_HEAD),
		"id: 3\ndata: xxxxx\n\nid: 5\ndata: xxxxx\n\n"
		"id: 7\ndata: xxxxx\n\n");
	batch_drop(batch);
	lift(&two);
}

static void test_a_batch_that_is_full_ends_with_its_last_event(void **state)
{
	uint64_t cursor = 0;
	struct batch *batch;
	struct two two;

	(void)state;
	lay(&two, make(0, 20, RECORD_BODY / 2, IDS(3, 7)),
		make(0, 30, 5, IDS(5)), 0);
	batch = merge_next(&two.merge, two.sub, 20, &cursor);
	assert_int_equal(batch->events, 2);
	assert_int_equal(cursor, 5);
	batch_drop(batch);
	lift(&two);
}

/* By a channel and by a pattern. */
static void test_an_event_that_comes_twice_is_given_once(void **state)
{
	uint64_t cursor = 0;
	struct batch *batch;
	struct two two;

	(void)state;
	lay(&two, make(0, 20, 5, IDS(3, 7)), make(0, 30, 5, IDS(3, 7)), 0);
	batch = merge_next(&two.merge, two.sub, 20, &cursor);
	assert_int_equal(batch->events, 2);
	assert_null(merge_next(&two.merge, two.sub, 30, &cursor));
	batch_drop(batch);
	lift(&two);
}

static void test_held_strips_above_the_limit_leave_the_shelf_overfull(
	void **state)
{
	struct strip *one = make(0, 20, 500, IDS(3));
	struct shelf *shelf = shelf_new(one->cost);
	struct strip *other = make(20, 30, 500, IDS(25));

	(void)state;
	shelf_add(shelf, EVENT_PLAIN, span_of("a"), one);
	assert_false(shelf_is_overfull(shelf));
	shelf_add(shelf, EVENT_PLAIN, span_of("a"), other);
	assert_true(shelf_is_overfull(shelf));
	shelf_discard(shelf, other); /* still held */
	assert_true(shelf_is_overfull(shelf));
	shelf_let_go(shelf, other);
	assert_false(shelf_is_overfull(shelf));
	shelf_let_go(shelf, one);
	shelf_free(shelf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_strip_is_found_from_anywhere_in_its_range),
		cmocka_unit_test(
			test_the_longest_pattern_has_a_place_of_its_own),
		cmocka_unit_test(test_what_was_held_last_stays_longest),
		cmocka_unit_test(
			test_a_strip_that_may_have_what_was_deleted_is_not_found),
		cmocka_unit_test(
			test_events_that_are_not_in_their_place_are_left_out),
		cmocka_unit_test(test_text_is_taken_out_across_records),
		cmocka_unit_test(
			test_a_strip_alone_in_its_range_is_given_as_it_is),
		cmocka_unit_test(test_what_is_between_is_merged_by_id),
		cmocka_unit_test(test_an_event_that_comes_twice_is_given_once),
		cmocka_unit_test(
			test_held_strips_above_the_limit_leave_the_shelf_overfull),
		cmocka_unit_test(
			test_a_batch_that_is_full_ends_with_its_last_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
