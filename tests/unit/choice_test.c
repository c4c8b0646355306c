/* SPDX-License-Identifier: MIT */
/* choice, entry, pretty: what the menu's keys do, and how JSON is shown */
#include <config.h>

#include "client/menu/choice.h"
#include "client/menu/entry.h"
#include "client/show/pretty.h"
#include "client/show/screen.h"
#include "tests/unit/unit.h"

static void the_chosen_line_is_always_among_those_shown(void **state)
{
	static const int keys[] = {SCREEN_DOWN, SCREEN_PAGE_DOWN, SCREEN_END,
		SCREEN_UP, SCREEN_PAGE_UP, SCREEN_HOME, 'j', 'k', 'G', 'g'};
	struct choice choice = {0};

	(void)state;
	for (size_t count = 0; count < 30; count += 7)
		for (size_t rows = 1; rows < 12; rows += 5)
			for (size_t i = 0; i < 100; i++) {
				assert_true(choice_key(&choice,
					keys[i * 7 % 10], count, rows));
				assert_true(
					count == 0 || choice.chosen < count);
				assert_true(choice.chosen >= choice.top);
				assert_true(choice.chosen < choice.top + rows);
			}
	assert_false(choice_key(&choice, 'x', 3, 3));
}

static void no_blank_stands_below_a_list_that_is_longer(void **state)
{
	struct choice choice = {.chosen = 9, .top = 9};

	(void)state;
	choice_fit(&choice, 10, 4);
	assert_int_equal(choice.top, 6);
	choice_fit(&choice, 3, 4);
	assert_int_equal(choice.top, 0);
	assert_int_equal(choice.chosen, 2);
}

static void expect_typed(struct entry *entry, const char *wanted)
{
	buf_add_char(&entry->text, '\0');
	assert_string_equal(entry->text.at, wanted);
	entry->text.len--;
}

static void letters_of_all_lengths_are_typed_and_taken_back(void **state)
{
	struct entry entry = {0};

	(void)state;
	entry_open(&entry, "message:", span_of("a"));
	for (size_t i = 0; i < 3; i++)
		entry_key(&entry, (const int[]){0xe9, 0x6771, 0x1f600}[i]);
	expect_typed(&entry, "aé東😀");
	entry_key(&entry, SCREEN_BACKSPACE);
	entry_key(&entry, SCREEN_BACKSPACE);
	expect_typed(&entry, "aé");
	for (size_t i = 0; i < 5; i++)
		entry_key(&entry, SCREEN_BACKSPACE);
	expect_typed(&entry, "");
	assert_int_equal(entry_key(&entry, SCREEN_UP), ENTRY_ON);
	assert_int_equal(entry_key(&entry, SCREEN_ENTER), ENTRY_DONE);
	assert_int_equal(entry_key(&entry, SCREEN_ESCAPE), ENTRY_LEFT);
	entry_release(&entry);
}

static void expect_pretty(const char *text, const char *wanted)
{
	struct buf out = {0};

	pretty_add(&out, span_of(text));
	buf_add_char(&out, '\0');
	assert_string_equal(out.at, wanted);
	buf_release(&out);
}

static void json_gets_a_line_for_each_member(void **state)
{
	(void)state;
	expect_pretty("{\"a\" : [1,{} ,[]],\"b\":\"x:,{\\\"}\"}",
		"{\n  \"a\": [\n    1,\n    {},\n    []\n  ],\n"
		"  \"b\": \"x:,{\\\"}\"\n}");
	expect_pretty("7", "7");
	expect_pretty("[]", "[]");
	expect_pretty("no {json", "no {json");
	expect_pretty("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chosen_line_is_always_among_those_shown),
		cmocka_unit_test(no_blank_stands_below_a_list_that_is_longer),
		cmocka_unit_test(
			letters_of_all_lengths_are_typed_and_taken_back),
		cmocka_unit_test(json_gets_a_line_for_each_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
