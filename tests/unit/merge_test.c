/* SPDX-License-Identifier: MIT */
/* merge: the older events of several channels, and of patterns beside them */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fcgi/http/record.h"
#include "fcgi/replay/merge.h"
#include "fcgi/replay/strip.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/subscriber.h"
#include "tests/unit/unit.h"

enum { MOST = 8 };

/* A strip of events up to the last one, whose texts are their ids. */
struct made {
	struct strip strip;
	uint64_t ids[MOST];
	uint32_t ends[MOST];
};

static struct strip *make(struct made *made, const uint64_t *ids)
{
	struct strip *strip = &made->strip;
	struct buf text = {0};

	*made = (struct made){.strip = {.ids = made->ids, .ends = made->ends}};
	for (; ids[strip->count] != 0; strip->count++) {
		buf_printf(&text, "%u ", (unsigned)ids[strip->count]);
		made->ids[strip->count] = ids[strip->count];
		made->ends[strip->count] = (uint32_t)text.len;
	}
	strip->through = strip_last(strip);
	strip->batch = batch_new(1, buf_span(&text));
	buf_release(&text);
	return strip;
}

#define MAKE(made, ...) make(made, (const uint64_t[]){__VA_ARGS__, 0})

static struct subscriber *reader(void)
{
	struct subscriber *sub = mem_new(sizeof(*sub));

	sub->request = 1;
	return sub;
}

/* The text of the next batch; "" if there is none. */
static void gives(struct merge *merge, const struct subscriber *sub,
	uint64_t reach, uint64_t *cursor, const char *wanted)
{
	struct batch *batch = merge_next(merge, sub, reach, cursor);
	struct buf text = {0};

	if (batch != NULL)
		batch_text(batch, 0, (size_t)(batch->len - RECORD_HEAD), &text);
	CHECK_TEXT(wanted, buf_span(&text), wanted);
	buf_release(&text);
	batch_drop(batch);
}

static void test_what_comes_by_two_lanes_is_given_once(void **state)
{
	struct subscriber *sub = reader();
	struct made made[2];
	struct lane lanes[2] = {{.strip = MAKE(&made[0], 60, 70, 80)},
		{.strip = MAKE(&made[1], 60, 75, 80)}};
	struct merge merge = {0};
	uint64_t cursor = 50;

	(void)state;
	for (size_t i = 0; i < COUNT(lanes); i++)
		merge_lane(&merge, &lanes[i], cursor);
	gives(&merge, sub, 80, &cursor, "60 70 75 80 ");
	assert_int_equal(cursor, 80);
	gives(&merge, sub, 80, &cursor, "");
	merge_release(&merge);
	batch_drop(made[0].strip.batch);
	batch_drop(made[1].strip.batch);
	free(sub);
}

/* One lane's strip is given whole, and the other's has nothing but what was in
 * it: both have other ones next.  A responder turned in a circle for ever. */
static void test_a_strip_given_whole_ends_the_lanes_that_have_the_same(
	void **state)
{
	struct subscriber *sub = reader();
	struct made made[4];
	struct lane lanes[2] = {
		{.strip = MAKE(&made[0], 60)}, {.strip = MAKE(&made[1], 60)}};
	struct merge merge = {0};
	uint64_t cursor = 50;

	(void)state;
	for (size_t i = 0; i < COUNT(lanes); i++)
		merge_lane(&merge, &lanes[i], cursor);
	gives(&merge, sub, 60, &cursor, "60 ");
	assert_int_equal(cursor, 60);
	assert_int_equal(merge.heap.count, 0);
	lanes[0].strip = MAKE(&made[2], 70, 90);
	lanes[1].strip = MAKE(&made[3], 80, 90);
	for (size_t i = 0; i < COUNT(lanes); i++)
		merge_lane(&merge, &lanes[i], cursor);
	assert_int_equal(merge.heap.count, 2);
	gives(&merge, sub, 90, &cursor, "70 80 90 ");
	gives(&merge, sub, 90, &cursor, "");
	merge_release(&merge);
	for (size_t i = 0; i < COUNT(made); i++)
		batch_drop(made[i].strip.batch);
	free(sub);
}

/* The end of what is known is the event that both have. */
static void test_a_common_event_at_the_reach_does_not_stay(void **state)
{
	struct subscriber *sub = reader();
	struct made made[3];
	struct lane lanes[3] = {{.strip = MAKE(&made[0], 55, 60)},
		{.strip = MAKE(&made[1], 60, 90)},
		{.strip = MAKE(&made[2], 60)}};
	struct merge merge = {0};
	uint64_t cursor = 50;

	(void)state;
	for (size_t i = 0; i < COUNT(lanes); i++)
		merge_lane(&merge, &lanes[i], cursor);
	gives(&merge, sub, 60, &cursor, "55 60 ");
	assert_int_equal(cursor, 60);
	assert_int_equal(merge.heap.count, 1);
	gives(&merge, sub, 60, &cursor, "");
	gives(&merge, sub, 90, &cursor, "90 ");
	assert_int_equal(merge.heap.count, 0);
	merge_release(&merge);
	for (size_t i = 0; i < COUNT(made); i++)
		batch_drop(made[i].strip.batch);
	free(sub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_comes_by_two_lanes_is_given_once),
		cmocka_unit_test(
			test_a_strip_given_whole_ends_the_lanes_that_have_the_same),
		cmocka_unit_test(
			test_a_common_event_at_the_reach_does_not_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
