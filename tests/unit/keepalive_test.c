/* SPDX-License-Identifier: MIT */
/* keepalive: how often a stream asks to be sent a comment */
#include <config.h>

#include <string.h>

#include "fcgi/stream/keepalive.h"
#include "tests/unit/unit.h"

enum { BAD = -1 };

static const struct {
	const char *name, *query;
	int ms;
} cases[] = {
	{"nothing", "", 0},
	{"something else", "channel=a&keepalives=4s&keep=4s", 0},
	{"seconds", "keepalive=4s", 4000},
	{"among others", "channel=a&keepalive=10s&since=all", 10000},
	{"milliseconds", "keepalive=3000ms", 3000},
	{"a part of a second", "keepalive=4500ms", 4500},
	{"a minute", "keepalive=1m", 60000},
	{"encoded", "keepaliv%65=%34s", 4000},
	{"the first of two", "keepalive=4s&keepalive=x", 4000},
	{"too short", "keepalive=2s", BAD},
	{"too short by little", "keepalive=2999ms", BAD},
	{"too long", "keepalive=61s", BAD},
	{"too long by little", "keepalive=60001ms", BAD},
	{"hours", "keepalive=1h", BAD},
	{"nought", "keepalive=0", BAD},
	{"no unit", "keepalive=4", BAD},
	{"a space", "keepalive=4+s", BAD},
	{"a fraction", "keepalive=4.5s", BAD},
	{"a sign", "keepalive=-4s", BAD},
	{"another unit", "keepalive=4sec", BAD},
	{"a capital", "keepalive=4S", BAD},
	{"no value", "keepalive", BAD},
	{"an empty value", "keepalive=", BAD},
	{"a NUL behind it", "keepalive=4s%00", BAD},
	{"half a byte", "keepalive=4s%0", BAD},
	{"a number that is too long", "keepalive=99999999999999999999s", BAD},
	{"one that wraps", "keepalive=18446744073709555s", BAD},
};

static void test_a_stream_may_ask_for_3_to_60_seconds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t ms = 1;
		const char *fault =
			keepalive_read(&ms, span_of(cases[i].query));

		CHECK(cases[i].name, (fault == NULL) == (cases[i].ms != BAD));
		if (fault == NULL)
			CHECK(cases[i].name, ms == (uint64_t)cases[i].ms);
		else
			CHECK(cases[i].name,
				strstr(fault, "from 3s to 60s") != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stream_may_ask_for_3_to_60_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
