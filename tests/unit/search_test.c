/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/search.h"

#include "tests/unit/unit.h"

static const uint64_t keys[] = {10, 20, 20, 20, 30, UINT64_MAX};

enum { COUNT = sizeof(keys) / sizeof(keys[0]) };

static uint64_t key_at(const void *of, uint64_t place)
{
	const uint64_t *all = of;

	assert_in_range(place, 0, COUNT - 1);
	return all[place];
}

static uint64_t above(uint64_t low, uint64_t high, uint64_t key)
{
	return search_above(low, high, key_at, keys, key);
}

static void test_the_first_above_is_found_wherever_it_is(void **state)
{
	(void)state;
	assert_int_equal(above(0, COUNT, 0), 0);
	assert_int_equal(above(0, COUNT, 9), 0);
	assert_int_equal(above(0, COUNT, 10), 1);
	assert_int_equal(above(0, COUNT, 19), 1);
	assert_int_equal(above(0, COUNT, 20), 4);
	assert_int_equal(above(0, COUNT, 30), 5);
	assert_int_equal(above(0, COUNT, UINT64_MAX - 1), 5);
}

static void test_without_any_above_it_is_the_end(void **state)
{
	(void)state;
	assert_int_equal(above(0, COUNT, UINT64_MAX), COUNT);
	assert_int_equal(above(0, 3, 20), 3);
}

static void test_nothing_outside_is_looked_at(void **state)
{
	(void)state;
	assert_int_equal(above(2, 4, 5), 2);
	assert_int_equal(above(2, 4, 25), 4);
	assert_int_equal(above(3, 3, 5), 3);
	assert_int_equal(above(0, 0, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_above_is_found_wherever_it_is),
		cmocka_unit_test(test_without_any_above_it_is_the_end),
		cmocka_unit_test(test_nothing_outside_is_looked_at),
	};

	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
