/* SPDX-License-Identifier: MIT */
/* look, spark, listed: what stands in how many columns */
#include <config.h>

#include <string.h>

#include "client/show/listed.h"
#include "client/show/look.h"
#include "client/show/spark.h"
#include "tests/unit/unit.h"

static void wide_letters_take_two_columns(void **state)
{
	(void)state;
	assert_int_equal(look_width(span_of("")), 0);
	assert_int_equal(look_width(span_of("abc")), 3);
	assert_int_equal(look_width(span_of("é東京")), 5);
	assert_int_equal(look_width(span_of("e\u0301")), 1);
	assert_int_equal(look_width(span_of("😀")), 2);
	assert_true(look_width(span_of("\xe6\x9d")) > 0); /* cut */
}

static void expect_cut(const char *text, size_t width, const char *wanted)
{
	struct buf out = {0};

	look_cut(&out, span_of(text), width);
	buf_add_char(&out, '\0');
	assert_string_equal(out.at, wanted);
	buf_release(&out);
}

static void what_is_cut_says_so(void **state)
{
	(void)state;
	expect_cut("abc", 3, "abc");
	expect_cut("abcd", 3, "ab…");
	expect_cut("東京都", 4, "東…");
	expect_cut("東京都", 2, "…");
	expect_cut("abcd", 0, "");
}

static void expect_bars(
	const struct spark *spark, size_t width, const char *wanted)
{
	struct buf out = {0};

	spark_draw(spark, width, false, &out);
	buf_add_char(&out, '\0');
	assert_string_equal(out.at, wanted);
	buf_release(&out);
}

static void bars_end_with_the_newest_value(void **state)
{
	struct spark spark = {0};

	(void)state;
	expect_bars(&spark, 3, "   ");
	spark_add(&spark, 0);
	expect_bars(&spark, 3, "  _");
	spark_add(&spark, 7);
	spark_add(&spark, 0.001);
	expect_bars(&spark, 3, "_@.");
	expect_bars(&spark, 5, "  _@.");
	spark_add(&spark, -1);
	expect_bars(&spark, 2, "@ ");
	for (int i = 0; i < 2 * SPARK_MOST; i++)
		spark_add(&spark, i);
	expect_bars(&spark, 1, "@");
}

static void no_figure_of_a_channel_is_cut(void **state)
{
	const struct listed listed = {.name = span_of("a name of some length"),
		.subscribers = 12,
		.events = 345678901,
		.newest = 1796053086988827};
	struct buf out = {0};

	(void)state;
	for (size_t width = 18; width < 130; width++) {
		buf_clear(&out);
		listed_fit(&out, &listed, width);
		assert_true(look_width(buf_span(&out)) <= width);
		buf_add_char(&out, '\0');
		assert_non_null(strstr(out.at, " 12"));
		assert_true(strstr(out.at, "179605308") == NULL ||
			    strstr(out.at, "1796053086988827") != NULL);
		assert_true(strstr(out.at, "3456") == NULL ||
			    strstr(out.at, "345678901") != NULL);
	}
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_letters_take_two_columns),
		cmocka_unit_test(what_is_cut_says_so),
		cmocka_unit_test(bars_end_with_the_newest_value),
		cmocka_unit_test(no_figure_of_a_channel_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
