/* SPDX-License-Identifier: MIT */
/* moment: when an event was published, by the server's word or by its data's */
#include <config.h>

#include <stdlib.h>
#include <time.h>

#include "client/http/follow.h"
#include "client/show/moment.h"
#include "tests/unit/unit.h"

#define TOLD(text) "{\"message\":1,\"timestamp\":\"" text "\"}"

static const struct {
	const char *data;
	int64_t seconds; /* -1: none */
} cases[] = {
	{TOLD("2026-11-21T03:37:42.399Z"), 1795232262},
	{TOLD("2026-11-21T03:37:42Z"), 1795232262},
	{TOLD("2026-11-21T05:07:42.1+01:30"), 1795232262},
	{TOLD("2026-11-20T23:37:42-04:00"), 1795232262},
	{TOLD("2024-02-29T00:00:00Z"), 1709164800},
	{TOLD("2026-02-29T00:00:00Z"), -1},
	{TOLD("2026-13-01T00:00:00Z"), -1},
	{TOLD("2026-11-21T24:00:00Z"), -1},
	{TOLD("2026-11-21T03:37:42"), -1},
	{TOLD("2026-11-21T03:37:42.Z"), -1},
	{TOLD("2026-11-21T03:37:42Zulu"), -1},
	{TOLD("2026-11-21 03:37:42Z"), -1},
	{TOLD("yesterday"), -1},
	{TOLD(""), -1},
	{"{\"timestamp\":1795232262}", -1},
	{"{\"data\":{\"timestamp\":\"2026-11-21T03:37:42Z\"}}", -1},
	{"[\"timestamp\"]", -1},
	{"{", -1},
	{"timestamp", -1},
	{"", -1},
};

static void test_the_time_that_the_data_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = -1;
		struct follow_event event = {
			.data = span_of(cases[i].data), .replayed = true};
		bool told = moment_of(&event, 0, &seconds);

		if (told != (cases[i].seconds >= 0) ||
			(told && seconds != cases[i].seconds))
			fail_msg("%s: %lld", cases[i].data, (long long)seconds);
	}
}

static void test_what_the_server_says_comes_first_and_arrival_last(void **state)
{
	struct follow_event event = {.at = span_of("2026-11-21T03:37:42.399Z"),
		.data = span_of(TOLD("2024-02-29T00:00:00Z"))};
	int64_t seconds;

	(void)state;
	assert_true(moment_of(&event, 7, &seconds));
	assert_int_equal(seconds, 1795232262);
	event.at = span_of("garbled");
	assert_true(moment_of(&event, 7, &seconds));
	assert_int_equal(seconds, 1709164800);
	event.data = span_of("none");
	assert_true(moment_of(&event, 7, &seconds));
	assert_int_equal(seconds, 7);
	event.replayed = true;
	assert_false(moment_of(&event, 7, &seconds));
}

static void test_a_narrow_column_has_the_time_or_the_date_or_the_year(
	void **state)
{
	const int64_t now = 1795232262, day = 24 * 3600;
	struct buf out = {0};

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	moment_add_short(&out, now - 3600, now);
	CHECK_TEXT("today", buf_span(&out), "02:37:42");
	buf_clear(&out);
	moment_add_short(&out, now - day, now);
	CHECK_TEXT("yesterday", buf_span(&out), "20 Nov");
	buf_clear(&out);
	moment_add_short(&out, now - 365 * day, now);
	CHECK_TEXT("last year", buf_span(&out), "Nov 2025");
	buf_release(&out);
}

static void test_the_date_stands_before_the_time_of_another_day(void **state)
{
	const int64_t now = 1795232262;
	struct buf out = {0};

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	moment_add(&out, now - 3600, now);
	CHECK_TEXT("today", buf_span(&out), "02:37:42");
	buf_clear(&out);
	moment_add(&out, now - 4 * 3600, now);
	CHECK_TEXT("yesterday", buf_span(&out), "2026-11-20 23:37:42");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_time_that_the_data_says),
		cmocka_unit_test(
			test_what_the_server_says_comes_first_and_arrival_last),
		cmocka_unit_test(
			test_a_narrow_column_has_the_time_or_the_date_or_the_year),
		cmocka_unit_test(
			test_the_date_stands_before_the_time_of_another_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
