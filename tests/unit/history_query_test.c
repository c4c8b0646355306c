/* SPDX-License-Identifier: MIT */
/* history_query: which page of a channel's events somebody asks for */
#include <config.h>

#include "fcgi/history/history_query.h"
#include "tests/unit/unit.h"

#define NOW UINT64_C(1000000)

static const struct {
	const char *name, *query;
	enum wire_from from;
	uint64_t value;
	uint16_t limit;
	uint64_t wait_ms;
	bool lasting;
} good[] = {
	{"nothing", "", WIRE_ALL, 0, 100, 0, true},
	{"somebody else's", "utm=1&x", WIRE_ALL, 0, 100, 0, true},
	{"an id", "after=7", WIRE_AFTER, 7, 100, 0, true},
	{"no id yet", "after=0", WIRE_AFTER, 0, 100, 0, true},
	{"the least", "limit=1", WIRE_ALL, 0, 1, 0, true},
	{"the most", "limit=1000", WIRE_ALL, 0, 1000, 0, true},
	{"a time", "since=10s", WIRE_SINCE, NOW - 10000, 100, 0, false},
	{"before all time", "since=7d", WIRE_SINCE, 0, 100, 0, false},
	{"an id as on a stream", "since=7", WIRE_AFTER, 7, 100, 0, true},
	{"all", "since=all", WIRE_ALL, 0, 100, 0, true},
	{"a wait", "after=7&wait=25s", WIRE_AFTER, 7, 100, 25000, true},
	{"no wait", "wait=0s", WIRE_ALL, 0, 100, 0, true},
	{"the longest", "wait=1m", WIRE_ALL, 0, 100, 60000, true},
};

static void test_a_page_is_read_as_it_is_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct history_fault fault = {0};
		struct history_query wanted;
		const char *name = good[i].name;

		CHECK(name, history_query_read(&wanted, span_of(good[i].query),
				    NOW, &fault));
		CHECK(name, wanted.since.from == good[i].from);
		CHECK(name, wanted.since.value == good[i].value);
		CHECK(name, wanted.limit == good[i].limit);
		CHECK(name, wanted.wait_ms == good[i].wait_ms);
		CHECK(name, wanted.lasting == good[i].lasting);
	}
}

static const struct {
	const char *query, *code;
} bad[] = {
	{"after=", "bad_query"},
	{"after=x", "bad_query"},
	{"after=10m", "bad_query"},
	{"after=1&since=1", "bad_query"},
	{"since", "bad_since"},
	{"since=last", "bad_since"},
	{"since=10", NULL},
	{"since=-1s", "bad_since"},
	{"limit=0", "bad_query"},
	{"limit=1001", "bad_query"},
	{"wait=61s", "bad_query"},
	{"wait=25", "bad_query"},
	{"afters=1", "bad_query"},
	{"sincce=1", "bad_since"},
};

static void test_what_is_wrong_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct history_fault fault = {0};
		struct history_query wanted;
		bool read = history_query_read(
			&wanted, span_of(bad[i].query), NOW, &fault);

		CHECK(bad[i].query, read == (bad[i].code == NULL));
		if (!read) {
			CHECK_TEXT(
				bad[i].query, span_of(fault.code), bad[i].code);
			CHECK(bad[i].query, fault.sentence[0] != '\0');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_page_is_read_as_it_is_asked_for),
		cmocka_unit_test(test_what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
