/* SPDX-License-Identifier: MIT */
/* hub/shared/holes: which holes a log is to be told, and when */
#include <config.h>

#include "hub/shared/holes.h"
#include "tests/unit/unit.h"

static struct holes holes;
static struct shared_hole hole;

static void remember(size_t count, const struct shared_hole *all)
{
	holes_begin(&holes);
	for (size_t i = 0; i < count; i++)
		holes_add(&holes, &all[i]);
}

static const struct shared_hole two[] = {{10, 100}, {120, 200}};

static void test_holes_are_told_in_their_places(void **state)
{
	(void)state;
	holes_know(&holes, NULL, 0);
	remember(2, two);
	assert_false(holes_below(&holes, 5, &hole));
	assert_false(holes_take(&holes, 5, 50, &hole));
	assert_true(holes_take(&holes, 5, 110, &hole));
	assert_int_equal(hole.start, 100);
	holes_told(&holes, &hole);
	assert_false(holes_take(&holes, 100, 199, &hole));
	assert_true(holes_take(&holes, 115, 200, &hole));
	assert_int_equal(hole.start, 200);
}

static void test_known_ones_below_are_passed_over(void **state)
{
	(void)state;
	holes_know(&holes, two, 2);
	remember(2, two);
	assert_false(holes_below(&holes, 250, &hole));
	assert_false(holes_take(&holes, 250, 1000, &hole));
}

static void test_a_log_that_was_within_one_is_told_it_first(void **state)
{
	(void)state;
	holes_know(&holes, two, 1);
	remember(2, two);
	/* It holds 121 to 130, which the order has forgotten. */
	assert_true(holes_below(&holes, 130, &hole));
	assert_int_equal(hole.last, 120);
}

/* It followed B up to 500, and A has gone another way since 150. */
static void test_a_log_that_followed_another_server_goes_back(void **state)
{
	const struct shared_hole known[] = {{10, 100}, {150, 400}};
	const struct shared_hole a[] = {{10, 100}, {150, 300}, {310, 700}};

	(void)state;
	holes_know(&holes, known, 2);
	remember(3, a);
	assert_true(holes_below(&holes, 500, &hole));
	assert_int_equal(hole.start, 300);
	holes_told(&holes, &hole);
	assert_true(holes_take(&holes, 300, 700, &hole));
	assert_int_equal(hole.start, 700);
	assert_false(holes_below(&holes, 300, &hole));
}

static void test_one_older_than_all_that_the_log_knows_is_over(void **state)
{
	const struct shared_hole known[] = {{150, 200}};

	(void)state;
	holes_know(&holes, known, 1);
	remember(2, two);
	assert_false(holes_below(&holes, 500, &hole));
}

static int clean_up(void **state)
{
	(void)state;
	holes_release(&holes);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holes_are_told_in_their_places),
		cmocka_unit_test(test_known_ones_below_are_passed_over),
		cmocka_unit_test(
			test_a_log_that_was_within_one_is_told_it_first),
		cmocka_unit_test(
			test_a_log_that_followed_another_server_goes_back),
		cmocka_unit_test(
			test_one_older_than_all_that_the_log_knows_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
