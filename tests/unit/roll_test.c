/* SPDX-License-Identifier: MIT */
/* hub/roll: numbers in their order, while some come and go */
#include <config.h>

#include "hub/log/roll.h"
#include "tests/unit/unit.h"

enum { MANY = 5000 };

static void test_one_goes_through_them_in_their_order(void **state)
{
	struct roll roll = {0};

	(void)state;
	assert_int_equal(roll_next(&roll, 0), 0);
	roll_add(&roll, 3);
	roll_add(&roll, 9);
	roll_add(&roll, 7); /* a damaged log has them in any order */
	assert_int_equal(roll_next(&roll, 0), 3);
	assert_int_equal(roll_next(&roll, 3), 7);
	assert_int_equal(roll_next(&roll, 8), 9);
	assert_int_equal(roll_next(&roll, 9), 0);
	roll_release(&roll);
}

static void test_those_that_are_gone_are_passed_over(void **state)
{
	struct roll roll = {0};

	(void)state;
	for (uint64_t i = 1; i <= 5; i++)
		roll_add(&roll, i);
	roll_remove(&roll, 2);
	roll_remove(&roll, 3);
	roll_remove(&roll, 5);
	assert_int_equal(roll_next(&roll, 1), 4);
	assert_int_equal(roll_next(&roll, 4), 0);
	roll_release(&roll);
}

/* Channels that live for a moment, for years. */
static void test_those_that_are_gone_take_no_room_for_long(void **state)
{
	struct roll roll = {0};

	(void)state;
	for (uint64_t i = 1; i <= 100 * MANY; i++) {
		roll_add(&roll, i);
		if (i > MANY)
			roll_remove(&roll, i - MANY);
	}
	assert_true(roll.room < 10 * MANY);
	assert_int_equal(roll_next(&roll, 0), 99 * MANY + 1);
	roll_release(&roll);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_goes_through_them_in_their_order),
		cmocka_unit_test(test_those_that_are_gone_are_passed_over),
		cmocka_unit_test(
			test_those_that_are_gone_take_no_room_for_long),
	};

	return cmocka_run_group_tests_name("roll", tests, NULL, NULL);
}
