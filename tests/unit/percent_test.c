/* SPDX-License-Identifier: MIT */
/* percent: how far a line of output says that its program is */
#include <config.h>

#include "client/run/percent.h"
#include "tests/unit/unit.h"

static const struct {
	const char *line;
	double percent;
} cases[] = {
	{"45%", 45},
	{"  12.5 % done", 12.5},
	{"100%", 100},
	{"0%", 0},
	{"[=====>      ] 45% 3.2MB/s eta 3s", 45},
	{"10% ... 20%", 20},
	{"[3/10] CC main.o", 30},
	{"[ 3 / 12 ] step", 25},
	{"[10/10] done", 100},
	{"101%", -1},
	{"%", -1},
	{"abc%", -1},
	{"-5%", 5}, /* a dash before it is no sign: "done -5%" */
	{"[11/10]", -1},
	{"[3/0]", -1},
	{"3/10", -1},
	{"", -1},
	{"1111111111111111111111%", -1},
	{"100 % of 50%", 50},
	{"[1/2] 75%", 75},
};

static void test_the_percent_that_a_line_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double got = percent_in(span_of(cases[i].line));

		CHECK(cases[i].line, got > cases[i].percent - 1e-9 &&
					     got < cases[i].percent + 1e-9);
	}
}

static void test_what_moves_a_cursor_or_colours_is_no_text(void **state)
{
	static const struct {
		const char *name, *line, *text;
	} lines[] = {
		{"colour", "\033[1;32mok\033[0m 5%", "ok 5%"},
		{"erase", "\033[K\033[2Ktext", "text"},
		{"bell and backspace", "a\ab\bc", "abc"},
		{"tab stays", "a\tb", "a\tb"},
		{"cut off", "text\033[1;3", "text"},
		{"a lone escape at the end", "text\033", "text"},
		{"two bytes", "\0337text\0338", "text"},
		{"letters", "\303\274\344\270\226", "\303\274\344\270\226"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct buf out = {0};

		percent_strip(&out, span_of(lines[i].line));
		CHECK_TEXT(lines[i].name, buf_span(&out), lines[i].text);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_percent_that_a_line_says),
		cmocka_unit_test(
			test_what_moves_a_cursor_or_colours_is_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
