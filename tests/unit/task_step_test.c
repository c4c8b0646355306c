/* SPDX-License-Identifier: MIT */
/* task_step: the timetable of the demonstration tasks, and their ids */
#include <config.h>

#include <string.h>

#include "fcgi/stream/task_step.h"
#include "tests/unit/unit.h"

enum { NOW = 1000000 };

static const struct {
	const char *name, *id;
	bool good;
} ids[] = {
	{"an id", "999000-50-0", true},
	{"the last step", "1-60000-14", true},
	{"a clock that is a little behind", "1060000-5000-3", true},
	{"the future", "1060001-5000-3", false},
	{"a step too many", "1-5000-15", false},
	{"a huge step", "1-5000-4294967296", false},
	{"too fast", "1-49-1", false},
	{"too slow", "1-60001-1", false},
	{"nothing", "", false},
	{"an id of the log", "1795239584977557", false},
	{"a part missing", "1-5000", false},
	{"an empty part", "1--1", false},
	{"a part too many", "1-5000-1-1", false},
	{"a dash at the end", "1-5000-1-", false},
	{"a sign", "1-5000-+1", false},
	{"a number that is too long", "99999999999999999999-5000-1", false},
};

static void test_ids(void **state)
{
	struct task_place place;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		CHECK(ids[i].name, task_place_read(&place, span_of(ids[i].id),
					   NOW) == ids[i].good);
}

static const struct {
	const char *text;
	uint64_t ms; /* 0 = will not do */
} intervals[] = {
	{"0.05", 50},
	{"60", 60000},
	{"5", 5000},
	{"2.5", 2500},
	{"1.234", 1234},
	{"0.049", 0},
	{"60.001", 0},
	{"61", 0},
	{"0", 0},
	{"", 0},
	{".5", 0},
	{"5.", 0},
	{"1.2345", 1234},
	{"0.33333333", 333},
	{"-1", 0},
	{"1e1", 0},
	{"5 ", 0},
	{"18446744073709551615", 0},
};

static void test_intervals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		uint64_t ms = 0;
		bool good = task_interval_read(&ms, span_of(intervals[i].text));

		CHECK(intervals[i].text, good == (intervals[i].ms != 0));
		CHECK(intervals[i].text, !good || ms == intervals[i].ms);
	}
}

static void test_timetable(void **state)
{
	struct task_place place = {.start = 100000, .interval = 250};

	(void)state;
	for (uint32_t step = 1; step < TASK_STEPS; step++)
		CHECK("steps never go back",
			task_step_due(&place, step) >=
				task_step_due(&place, step - 1));
	CHECK("it begins at once", task_step_due(&place, 0) == 100000);
	CHECK("an interval later", task_step_due(&place, 1) == 100250);
	CHECK("ten intervals in all",
		task_step_due(&place, TASK_STEPS - 1) == 102500);
}

static void test_text(void **state)
{
	struct task_place place = {.start = 0, .interval = 1000};
	struct buf text = {0};

	(void)state;
	task_step_text(&text, &place, 2);
	CHECK_TEXT("progress", buf_span(&text),
		"id: 0-1000-2\nevent: progress\ndata: {\"task\":\"function1\","
		"\"percent\":40,\"step\":2,\"steps\":5,\"message\":"
		"\"sorting it\",\"timestamp\":\"1970-01-01T00:00:02.000Z\"}"
		"\n\n");
	buf_clear(&text);
	task_step_text(&text, &place, TASK_STEPS - 1);
	CHECK_TEXT("close", buf_span(&text),
		"id: 0-1000-14\nevent: close\ndata: {\"message\":\"both tasks "
		"are done\",\"timestamp\":\"1970-01-01T00:00:10.000Z\"}\n\n");
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_timetable),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
