/* SPDX-License-Identifier: MIT */
/*
 * histogram - durations, counted in buckets
 */
#include <config.h>

#include "lib/histogram.h"

#include "tests/unit/unit.h"

static void test_an_empty_one_says_zero(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	assert_true(histogram_at(&histogram, 0.5) <= 0);
	assert_int_equal(histogram_within(&histogram, 100000000), 0);
}

static void test_a_percentile_is_within_the_bounds_of_its_bucket(void **state)
{
	static const uint64_t values[] = {0, 1, 9, 10, 11, 170, 171, 999, 1000,
		1001, 123456, 99999999, 100000000};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct histogram histogram = {0};
		double value = (double)values[i], middle;

		histogram_add(&histogram, values[i], 7);
		middle = histogram_at(&histogram, 0.5);
		assert_true(middle >= value * 0.85 - 10);
		assert_true(middle <= value * 1.15 + 10);
	}
}

static void test_percentiles_lie_between_as_the_counts_say(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	histogram_add(&histogram, 110, 50);   /* above 100, up to 120 */
	histogram_add(&histogram, 18000, 50); /* above 17,000, up to 20,000 */
	assert_int_equal((int)histogram_at(&histogram, 0.25), 110);
	assert_int_equal((int)histogram_at(&histogram, 0.5), 120);
	assert_int_equal((int)histogram_at(&histogram, 0.75), 18500);
	assert_int_equal((int)histogram_at(&histogram, 1), 20000);
}

static void test_what_has_no_bound_counts_as_the_last_one(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	histogram_add(&histogram, UINT64_MAX / 4, 1);
	assert_int_equal((int)histogram_at(&histogram, 0.5), 100000000);
	assert_int_equal(histogram_within(&histogram, 100000000), 0);
	assert_int_equal(histogram.count, 1);
}

static void test_a_bound_belongs_to_the_bucket_below_it(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	histogram_add(&histogram, 1000, 2);
	histogram_add(&histogram, 1001, 3);
	assert_int_equal(histogram_within(&histogram, 800), 0);
	assert_int_equal(histogram_within(&histogram, 1000), 2);
	assert_int_equal(histogram_within(&histogram, 1200), 5);
	assert_int_equal(histogram.sum, 2000 + 3003);
}

static void test_it_comes_back_from_the_wire_and_adds_up(void **state)
{
	struct histogram sent = {0}, got = {0};
	struct buf out = {0};
	struct wire_in in;

	(void)state;
	histogram_add(&sent, 5, 1);
	histogram_add(&sent, 12345, 1000000000000);
	histogram_put(&out, &sent);
	assert_int_equal(out.len, 8 + 1 + 2 * 9);
	for (int i = 0; i < 2; i++) {
		in = wire_in(buf_span(&out));
		assert_true(histogram_get(&in, &got) && wire_done(&in));
	}
	assert_int_equal(got.count, 2 * sent.count);
	assert_int_equal(got.sum, 2 * sent.sum);
	assert_int_equal(histogram_within(&got, 10), 2);
	buf_release(&out);
}

static void test_a_cut_or_strange_one_adds_nothing(void **state)
{
	struct histogram sent = {0}, got = {0};
	struct buf out = {0};
	struct wire_in in;

	(void)state;
	histogram_add(&sent, 5, 1);
	histogram_add(&sent, 50, 1);
	histogram_put(&out, &sent);
	for (size_t len = 0; len < out.len; len++) {
		in = wire_in(span(out.at, len));
		assert_false(histogram_get(&in, &got));
	}
	out.at[9] = HISTOGRAM_SIZE; /* the first bucket's number */
	in = wire_in(buf_span(&out));
	assert_false(histogram_get(&in, &got));
	assert_int_equal(got.count, 0);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_one_says_zero),
		cmocka_unit_test(
			test_a_percentile_is_within_the_bounds_of_its_bucket),
		cmocka_unit_test(
			test_percentiles_lie_between_as_the_counts_say),
		cmocka_unit_test(test_what_has_no_bound_counts_as_the_last_one),
		cmocka_unit_test(test_a_bound_belongs_to_the_bucket_below_it),
		cmocka_unit_test(test_it_comes_back_from_the_wire_and_adds_up),
		cmocka_unit_test(test_a_cut_or_strange_one_adds_nothing),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
