/* SPDX-License-Identifier: MIT */
/* lease: what ends at a time of day */
#include <config.h>

#include "fcgi/guard/lease.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000, MANY = 3000 };

static const uint64_t second_us = 1000000;

struct wheel {
	struct hand_clock hands;
	struct clock clock;
	struct timers timers;
	struct leases *leases;
	struct lease all[MANY];
	bool ended[MANY];
	struct lease *also; /* goes when the next one ends */
};

static void on_end(void *arg, struct lease *lease)
{
	struct wheel *wheel = arg;
	size_t i = (size_t)(lease - wheel->all);

	assert_false(wheel->ended[i]);
	wheel->ended[i] = true;
	leases_remove(wheel->leases, lease); /* does no harm */
	if (wheel->also != NULL)
		leases_remove(wheel->leases, wheel->also);
	wheel->also = NULL;
}

static int enter(void **state)
{
	static struct wheel wheel;

	wheel = (struct wheel){.hands = {.wall_us = NOW * second_us + 400000}};
	wheel.clock = hand_clock(&wheel.hands);
	wheel.timers = (struct timers){.clock = &wheel.clock};
	wheel.leases = leases_new(&wheel.timers, on_end, &wheel);
	*state = &wheel;
	return 0;
}

static int leave(void **state)
{
	struct wheel *wheel = *state;

	leases_free(wheel->leases);
	timers_release(&wheel->timers);
	return 0;
}

static void add(struct wheel *wheel, size_t i, uint64_t second)
{
	wheel->all[i].second = second;
	leases_add(wheel->leases, &wheel->all[i]);
}

static void pass(struct wheel *wheel, uint64_t us)
{
	hand_clock_pass(&wheel->hands, us);
	timers_ring(&wheel->timers);
}

static void test_it_ends_when_its_second_begins(void **state)
{
	struct wheel *wheel = *state;

	add(wheel, 0, NOW + 2);
	pass(wheel, 600000);
	pass(wheel, 999999);
	assert_false(wheel->ended[0]);
	pass(wheel, 1);
	assert_true(wheel->ended[0]);
	assert_int_equal(leases_count(wheel->leases), 0);
	assert_int_equal(timers_next(&wheel->timers), UINT64_MAX);
}

static void test_without_any_the_wheel_stands_still(void **state)
{
	struct wheel *wheel = *state;

	assert_int_equal(timers_next(&wheel->timers), UINT64_MAX);
	add(wheel, 0, NOW + 9);
	assert_int_not_equal(timers_next(&wheel->timers), UINT64_MAX);
	leases_remove(wheel->leases, &wheel->all[0]);
	assert_int_equal(timers_next(&wheel->timers), UINT64_MAX);
}

static void test_each_of_many_ends_in_its_own_second(void **state)
{
	struct wheel *wheel = *state;

	for (size_t i = 0; i < MANY; i++)
		add(wheel, i, NOW + 1 + i);
	pass(wheel, 600000);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(wheel->ended[i]);
		assert_true(i + 1 == MANY || !wheel->ended[i + 1]);
		pass(wheel, second_us);
	}
}

static void test_what_is_past_ends_in_the_next_second(void **state)
{
	struct wheel *wheel = *state;

	add(wheel, 0, NOW - 5000);
	pass(wheel, 600000);
	assert_true(wheel->ended[0]);
}

static void test_a_clock_that_is_put_forward_ends_all_that_is_past(void **state)
{
	struct wheel *wheel = *state;

	for (size_t i = 0; i < MANY; i++)
		add(wheel, i, NOW + 1 + i);
	hand_clock_pass(&wheel->hands, second_us);
	wheel->hands.wall_us += 2499 * second_us;
	timers_ring(&wheel->timers);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(wheel->ended[i], i < 2500);
	wheel->hands.wall_us += MANY * second_us;
	pass(wheel, second_us);
}

static void test_a_clock_that_is_put_back_keeps_what_is_not_past(void **state)
{
	struct wheel *wheel = *state;

	add(wheel, 0, NOW + 2);
	wheel->hands.wall_us -= 100 * second_us;
	add(wheel, 1, NOW - 95);
	for (int i = 0; i < 4; i++)
		pass(wheel, second_us);
	assert_false(wheel->ended[1]);
	pass(wheel, second_us);
	assert_true(wheel->ended[1] && !wheel->ended[0]);
	for (int i = 0; i < 97; i++)
		pass(wheel, second_us);
	assert_true(wheel->ended[0]);
}

static void test_another_one_may_go_while_one_ends(void **state)
{
	struct wheel *wheel = *state;

	add(wheel, 0, NOW + 1);
	add(wheel, 1, NOW + 1);
	add(wheel, 2, NOW + 1);
	wheel->also = &wheel->all[1];
	pass(wheel, 600000);
	assert_true(wheel->ended[0] && !wheel->ended[1] && wheel->ended[2]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_ends_when_its_second_begins),
		TEST(test_without_any_the_wheel_stands_still),
		TEST(test_each_of_many_ends_in_its_own_second),
		TEST(test_what_is_past_ends_in_the_next_second),
		TEST(test_a_clock_that_is_put_forward_ends_all_that_is_past),
		TEST(test_a_clock_that_is_put_back_keeps_what_is_not_past),
		TEST(test_another_one_may_go_while_one_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
