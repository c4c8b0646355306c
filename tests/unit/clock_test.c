/* SPDX-License-Identifier: MIT */
/* clock: two clocks and how time is written */
#include <config.h>

#include "lib/clock.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	uint64_t ms;
} cases[] = {
	{"1970-01-01T00:00:00.000Z", 0},
	{"1970-01-01T00:00:00.001Z", 1},
	{"2000-02-29T23:59:59.999Z", 951868799999},
	{"2026-11-20T08:15:30.123Z", 1795162530123},
	{"2038-01-19T03:14:08.000Z", 2147483648000},
	{"9999-12-31T23:59:59.999Z", 253402300799999},
};

static void test_time_is_written_as_rfc_3339(void **state)
{
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&out);
		clock_rfc3339(&out, cases[i].ms);
		CHECK_TEXT(cases[i].text, buf_span(&out), cases[i].text);
	}
	buf_release(&out);
}

static void test_the_monotonic_clock_never_goes_back(void **state)
{
	uint64_t before = clock_mono_us();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_mono_us();

		assert_true(now >= before);
		before = now;
	}
}

static void test_milliseconds_and_microseconds_agree(void **state)
{
	uint64_t before = clock_wall_us();
	uint64_t ms = clock_wall_ms();
	uint64_t after = clock_wall_us();

	(void)state;
	assert_true(before / 1000 <= ms && ms <= after / 1000);
	assert_true(ms > 1700000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_is_written_as_rfc_3339),
		cmocka_unit_test(test_the_monotonic_clock_never_goes_back),
		cmocka_unit_test(test_milliseconds_and_microseconds_agree),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
