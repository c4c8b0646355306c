/* SPDX-License-Identifier: MIT */
/* backoff: how long to wait before the next try */
#include <config.h>

#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/http/backoff.h"
#include "client/http/interrupt.h"
#include "lib/clock.h"
#include "tests/unit/unit.h"

enum { DRAWS = 400 };

static const struct {
	const char *name;
	unsigned tries;
	uint64_t most; /* and half of it at least */
} cases[] = {
	{"nothing tried yet", 0, 500},
	{"after the first try", 1, 500},
	{"after the second, twice that", 2, 1000},
	{"and so on", 3, 2000},
	{"and on", 5, 8000},
	{"up to a quarter of a minute", 6, 15000},
	{"and no further", 7, 15000},
	{"after a week", 40000, 15000},
	{"for ever", UINT_MAX, 15000},
};

static void test_it_doubles_up_to_a_quarter_of_a_minute(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int draw = 0; draw < DRAWS; draw++) {
			uint64_t ms = backoff_ms(cases[i].tries);

			CHECK(cases[i].name, ms >= cases[i].most / 2);
			CHECK(cases[i].name, ms <= cases[i].most);
		}
}

/* Of 400 fair draws not one falls into a given quarter once in 10^49 runs. */
static void test_half_of_it_is_spread_at_random(void **state)
{
	unsigned quarters[4] = {0};

	(void)state;
	for (int draw = 0; draw < DRAWS; draw++)
		quarters[(backoff_ms(6) - 7500) * 4 / 7501]++;
	for (size_t i = 0; i < COUNT(quarters); i++)
		assert_in_range(quarters[i], 1, DRAWS / 2);
}

static uint64_t waited_ms(uint64_t ms, uint64_t end)
{
	uint64_t began = clock_mono_us();

	backoff_wait(ms, end);
	return (clock_mono_us() - began) / 1000;
}

static void test_it_waits_that_long_but_not_beyond_the_end(void **state)
{
	(void)state;
	assert_true(waited_ms(30, 0) >= 29);
	assert_true(waited_ms(60000, clock_mono_us() + 30000) >= 29);
	assert_true(waited_ms(60000, clock_mono_us() + 1) < 30000);
	assert_true(waited_ms(60000, 1) < 30000); /* long over */
}

/* In a process of its own: a signal is never forgotten. */
static void test_a_signal_ends_the_wait(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		interrupt_catch();
		raise(SIGTERM);
		_exit(waited_ms(60000, 0) < 30000 && interrupt_caught() ? 0
									: 1);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_doubles_up_to_a_quarter_of_a_minute),
		cmocka_unit_test(test_half_of_it_is_spread_at_random),
		cmocka_unit_test(
			test_it_waits_that_long_but_not_beyond_the_end),
		cmocka_unit_test(test_a_signal_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
