/* SPDX-License-Identifier: MIT */
/* hub/peers/inbox_watch: when a line says that nobody reads an inbox */
#include <config.h>

#include "hub/peers/inbox_watch.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

enum { SECOND = 1000000 };

struct house {
	struct hand_clock hands;
	struct clock clock;
	struct inbox_watch watch;
	int unread, again; /* lines */
};

static struct house begin(void)
{
	return (struct house){.hands = {77 * SECOND, 0}};
}

/* As the hub looks: four times a second. */
static void pass(struct house *house, int seconds, bool silent, bool read)
{
	house->clock = hand_clock(&house->hands);
	for (int i = 0; i < 4 * seconds; i++) {
		switch (inbox_watch_look(&house->watch, silent, read,
			clock_now_us(&house->clock))) {
		case UNREAD:
			house->unread++;
			break;
		case READ_AGAIN:
			house->again++;
			break;
		case NO_NEWS:
			break;
		}
		hand_clock_pass(&house->hands, SECOND / 4);
	}
}

static void test_ten_seconds_without_a_reader_are_one_line(void **state)
{
	struct house house = begin();

	(void)state;
	pass(&house, 10, true, false);
	assert_int_equal(house.unread, 0);
	pass(&house, 1, true, false);
	assert_int_equal(house.unread, 1);
	pass(&house, 3600, true, false);
	assert_int_equal(house.unread, 1);
	assert_int_equal(house.again, 0);
	pass(&house, 60, false, true);
	assert_int_equal(house.again, 1);
	pass(&house, 60, true, false);
	assert_int_equal(house.unread, 2);
}

static void test_a_restart_is_no_line(void **state)
{
	struct house house = begin();

	(void)state;
	for (int i = 0; i < 10; i++) {
		pass(&house, 9, true, false);
		pass(&house, 1, false, true);
	}
	assert_int_equal(house.unread, 0);
	assert_int_equal(house.again, 0);
}

static void test_who_comes_and_goes_without_reading_is_one_line(void **state)
{
	struct house house = begin();

	(void)state;
	for (int i = 0; i < 10; i++) {
		pass(&house, 20, true, false);
		pass(&house, 1, false, false);
	}
	assert_int_equal(house.unread, 1);
	assert_int_equal(house.again, 0);
}

static void test_who_says_why_he_cannot_read_is_none(void **state)
{
	struct house house = begin();

	(void)state;
	pass(&house, 3600, false, false);
	assert_int_equal(house.unread, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_ten_seconds_without_a_reader_are_one_line),
		cmocka_unit_test(test_a_restart_is_no_line),
		cmocka_unit_test(
			test_who_comes_and_goes_without_reading_is_one_line),
		cmocka_unit_test(test_who_says_why_he_cannot_read_is_none),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
