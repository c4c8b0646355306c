/* SPDX-License-Identifier: MIT */
/* hub/ring: frames encoded once, drafts, and what a follower may take */
#include <config.h>

#include <string.h>

#include "hub/log/ring.h"
#include "lib/buf.h"
#include "tests/unit/unit.h"

static struct wire_event event_of(uint64_t id, size_t len)
{
	static char data[1 << 20];

	memset(data, (int)('a' + id % 26), len);
	return (struct wire_event){
		.id = id,
		.at = id * 10,
		.channel = span_of("news"),
		.type = span_of(id % 2 == 0 ? "" : "type"),
		.data = span(data, len),
	};
}

static void add(struct ring *ring, uint64_t id, size_t len)
{
	struct wire_event event = event_of(id, len);

	ring_add(ring, &event, id);
}

/* Everything from frame `from` on, in one piece. */
static struct buf read_from(const struct ring *ring, uint64_t from)
{
	struct span parts[2];
	struct buf all = {0};
	size_t len = ring_parts(ring, from, parts);

	assert_int_equal(len, parts[0].len + parts[1].len);
	buf_add_span(&all, parts[0]);
	buf_add_span(&all, parts[1]);
	return all;
}

/* Takes the frame at the front of `all`, which must be event `id`. */
static void expect(struct span *all, uint64_t id, size_t len)
{
	struct wire_event event, wanted = event_of(id, len);
	struct span body;
	uint8_t type;
	bool bad = false;
	size_t size = wire_frame(*all, &type, &body, &bad);

	assert_true(size > 0 && !bad);
	assert_int_equal(type, WIRE_EVENT);
	assert_true(wire_get_event(body, &event));
	assert_int_equal(event.id, id);
	assert_int_equal(event.at, wanted.at);
	assert_true(span_equal(event.channel, wanted.channel));
	assert_true(span_equal(event.type, wanted.type));
	assert_true(span_equal(event.data, wanted.data));
	*all = span(all->at + size, all->len - size);
}

static void test_what_is_shown_comes_out_as_it_went_in(void **state)
{
	struct ring ring = {0};
	struct buf all;
	struct span rest;

	(void)state;
	ring_open(&ring, 6);
	add(&ring, 7, 0);
	add(&ring, 8, 100);
	ring_show(&ring);
	all = read_from(&ring, ring_find(&ring, 6));
	rest = buf_span(&all);
	expect(&rest, 7, 0);
	expect(&rest, 8, 100);
	assert_int_equal(rest.len, 0);
	buf_release(&all);
	ring_close(&ring);
}

static void test_a_draft_is_not_sent_until_it_is_shown(void **state)
{
	struct ring ring = {0};
	struct span parts[2];

	(void)state;
	ring_open(&ring, 0);
	add(&ring, 1, 10);
	assert_int_equal(ring_parts(&ring, ring_find(&ring, 0), parts), 0);
	ring_revert(&ring, 0);
	ring_show(&ring);
	assert_int_equal(ring_parts(&ring, ring_find(&ring, 0), parts), 0);
	ring_close(&ring);
}

static void test_ids_that_failed_are_used_again(void **state)
{
	struct ring ring = {0};
	struct buf all;
	struct span rest;

	(void)state;
	ring_open(&ring, 0);
	add(&ring, 1, 10);
	ring_show(&ring);
	add(&ring, 2, 20);
	ring_revert(&ring, 1);
	add(&ring, 2, 30);
	ring_show(&ring);
	all = read_from(&ring, ring_find(&ring, 0));
	rest = buf_span(&all);
	expect(&rest, 1, 10);
	expect(&rest, 2, 30);
	buf_release(&all);
	ring_close(&ring);
}

static void test_a_failed_turn_larger_than_the_ring_leaves_it_empty(
	void **state)
{
	struct ring ring = {0};
	struct buf all;
	struct span rest;

	(void)state;
	ring_open(&ring, 0);
	add(&ring, 1, 10);
	ring_show(&ring);
	for (uint64_t id = 2; id < 20; id++)
		add(&ring, id, 1 << 20);
	ring_revert(&ring, 1);
	assert_int_equal(ring.base, 1);
	add(&ring, 2, 5);
	ring_show(&ring);
	all = read_from(&ring, ring_find(&ring, 1));
	rest = buf_span(&all);
	expect(&rest, 2, 5);
	assert_int_equal(rest.len, 0);
	buf_release(&all);
	ring_close(&ring);
}

static void test_a_follower_sees_every_event_however_often_it_wraps(
	void **state)
{
	struct ring ring = {0};
	uint64_t frame = 0, next = 1;

	(void)state;
	ring_open(&ring, 0);
	for (uint64_t id = 1; id <= 3000; id++) {
		add(&ring, id, (id * 7919) % 50000);
		ring_show(&ring);
		if (id % 50 == 0) {
			struct buf all = read_from(&ring, frame);
			struct span rest = buf_span(&all);

			while (rest.len > 0) {
				expect(&rest, next, (next * 7919) % 50000);
				next++;
			}
			frame = ring.shown;
			buf_release(&all);
		}
	}
	assert_int_equal(next, 3001);
	assert_true(ring.first > 0 && ring.base > 0);
	ring_close(&ring);
}

static void test_many_small_frames_push_out_the_oldest(void **state)
{
	struct ring ring = {0};

	(void)state;
	ring_open(&ring, 0);
	for (uint64_t id = 1; id <= RING_FRAMES + 10; id++)
		add(&ring, id, 0);
	ring_show(&ring);
	assert_true(ring.shown - ring.first < RING_FRAMES);
	assert_int_equal(ring_find(&ring, ring.base), ring.first);
	assert_int_equal(ring_through(&ring, ring.first), ring.base + 1);
	ring_close(&ring);
}

static void test_a_volatile_frame_is_behind_the_event_before_it(void **state)
{
	struct ring ring = {0};
	struct wire_event sample = event_of(0, 8);

	(void)state;
	ring_open(&ring, 0);
	add(&ring, 1, 8);
	ring_add(&ring, &sample, 1);
	add(&ring, 2, 8);
	ring_show(&ring);
	/* Who comes from the log at 1 goes on with 2; the sample is lost. */
	assert_int_equal(ring_find(&ring, 1), 2);
	assert_int_equal(ring_find(&ring, 0), 0);
	ring_close(&ring);
}

static void test_half_a_frame_sent_is_known_as_such(void **state)
{
	struct ring ring = {0};
	struct span parts[2];
	size_t rest, whole, first;

	(void)state;
	ring_open(&ring, 0);
	add(&ring, 1, 100);
	ring_show(&ring);
	first = ring_parts(&ring, 0, parts);
	add(&ring, 2, 50);
	ring_show(&ring);
	whole = ring_parts(&ring, 0, parts);
	assert_int_equal(ring_seek(&ring, 0, 0, &rest), 0);
	assert_int_equal(rest, 0);
	assert_int_equal(ring_seek(&ring, 0, 1, &rest), 0);
	assert_int_equal(rest, first - 1);
	assert_int_equal(ring_seek(&ring, 0, first, &rest), 1);
	assert_int_equal(rest, 0);
	assert_int_equal(ring_seek(&ring, 0, first + 3, &rest), 1);
	assert_int_equal(rest, whole - first - 3);
	assert_int_equal(ring_seek(&ring, 0, whole, &rest), 2);
	assert_int_equal(rest, 0);
	ring_close(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_shown_comes_out_as_it_went_in),
		cmocka_unit_test(test_a_draft_is_not_sent_until_it_is_shown),
		cmocka_unit_test(test_ids_that_failed_are_used_again),
		cmocka_unit_test(
			test_a_failed_turn_larger_than_the_ring_leaves_it_empty),
		cmocka_unit_test(
			test_a_follower_sees_every_event_however_often_it_wraps),
		cmocka_unit_test(test_many_small_frames_push_out_the_oldest),
		cmocka_unit_test(
			test_a_volatile_frame_is_behind_the_event_before_it),
		cmocka_unit_test(test_half_a_frame_sent_is_known_as_such),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
