/* SPDX-License-Identifier: MIT */
/* slot: when a worker that has died is started again */
#include <config.h>

#include "lib/service/slot.h"
#include "tests/unit/unit.h"

enum { SECOND = 1000000, FIRST = 50000, LAST = 5000000 };

static void test_the_first_child_is_due_at_once(void **state)
{
	const struct slot slot = {0};

	(void)state;
	assert_int_equal(slot.pid, 0);
	assert_int_equal(slot.due, 0);
}

static void test_quick_deaths_make_the_next_child_wait_longer(void **state)
{
	struct slot slot = {0};
	uint64_t now = 10 * SECOND, wait = FIRST;

	(void)state;
	for (int i = 0; i < 20; i++) {
		slot_started(&slot, 7, now);
		slot_ended(&slot, now + SECOND - 1);
		now += SECOND - 1;
		assert_int_equal(slot.pid, 0);
		assert_int_equal(slot.due, now + wait);
		wait = 2 * wait < LAST ? 2 * wait : LAST;
		now = slot.due;
	}
}

static void test_after_a_life_of_a_second_the_next_child_starts_at_once(
	void **state)
{
	struct slot slot = {0};

	(void)state;
	slot_started(&slot, 7, 0);
	slot_ended(&slot, 1);
	slot_started(&slot, 8, slot.due);
	slot_ended(&slot, FIRST + 1 + SECOND);
	assert_int_equal(slot.due, FIRST + 1 + SECOND);
	slot_started(&slot, 9, slot.due);
	slot_ended(&slot, slot.started);
	assert_int_equal(slot.due, slot.started + FIRST);
}

static void test_a_child_that_cannot_be_started_is_tried_again(void **state)
{
	struct slot slot = {0};

	(void)state;
	slot_not_started(&slot, SECOND);
	assert_int_equal(slot.pid, 0);
	assert_int_equal(slot.due, SECOND + FIRST);
}

static void test_a_child_is_ready_when_it_says_so_or_has_lived_long(
	void **state)
{
	struct slot slot = {0};

	(void)state;
	assert_false(slot_is_ready(&slot, 100 * SECOND, 5 * SECOND));
	slot_started(&slot, 7, SECOND);
	assert_false(slot_is_ready(&slot, SECOND, 5 * SECOND));
	assert_false(slot_is_ready(&slot, 6 * SECOND - 1, 5 * SECOND));
	assert_true(slot_is_ready(&slot, 6 * SECOND, 5 * SECOND));
	slot.ready = true;
	assert_true(slot_is_ready(&slot, SECOND, 5 * SECOND));
	slot_ended(&slot, SECOND);
	assert_false(slot_is_ready(&slot, SECOND, 5 * SECOND));
	slot_started(&slot, 8, SECOND);
	assert_false(slot_is_ready(&slot, SECOND, 5 * SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_child_is_due_at_once),
		cmocka_unit_test(
			test_quick_deaths_make_the_next_child_wait_longer),
		cmocka_unit_test(
			test_after_a_life_of_a_second_the_next_child_starts_at_once),
		cmocka_unit_test(
			test_a_child_that_cannot_be_started_is_tried_again),
		cmocka_unit_test(
			test_a_child_is_ready_when_it_says_so_or_has_lived_long),
	};

	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
