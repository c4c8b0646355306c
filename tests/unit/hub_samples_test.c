/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "hub/peers/samples.h"
#include "tests/unit/unit.h"

static void keep(struct samples *samples, int number)
{
	char text[32];

	snprintf(text, sizeof(text), "{\"n\":%d}", number);
	samples_keep(samples, span_of(text));
}

static void says(const struct samples *samples, const char *list)
{
	struct buf out = {0}, wanted = {0};

	buf_printf(&wanted,
		"{\"now\":\"1970-01-01T00:00:01.500Z\",\"interval_ms\":2000,"
		"\"samples\":[%s]}\n",
		list);
	samples_put(samples, &out, 1500, 2000);
	assert_int_equal(out.len, wanted.len);
	assert_memory_equal(out.at, wanted.at, wanted.len);
	buf_release(&out);
	buf_release(&wanted);
}

static void test_before_the_first_one_there_is_an_empty_list(void **state)
{
	struct samples samples = {0};

	(void)state;
	says(&samples, "");
	samples_release(&samples);
}

static void test_the_oldest_comes_first(void **state)
{
	struct samples samples = {0};

	(void)state;
	for (int n = 1; n <= 3; n++)
		keep(&samples, n);
	says(&samples, "{\"n\":1},{\"n\":2},{\"n\":3}");
	samples_release(&samples);
}

static void test_only_the_last_three_minutes_are_kept(void **state)
{
	struct samples samples = {0};
	struct buf list = {0};

	(void)state;
	for (int n = 0; n < 3 * SAMPLES_KEPT + 7; n++)
		keep(&samples, n);
	for (int n = 2 * SAMPLES_KEPT + 7; n < 3 * SAMPLES_KEPT + 7; n++)
		buf_printf(&list, "%s{\"n\":%d}", list.len > 0 ? "," : "", n);
	buf_add_char(&list, '\0');
	says(&samples, list.at);
	buf_release(&list);
	samples_release(&samples);
}

static void test_what_is_too_long_takes_no_memory(void **state)
{
	static char text[SAMPLE_MOST + 1];
	struct samples samples = {0};

	(void)state;
	memset(text, ' ', sizeof(text));
	samples_keep(&samples, span(text, sizeof(text)));
	says(&samples, "");
	samples_release(&samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_before_the_first_one_there_is_an_empty_list),
		cmocka_unit_test(test_the_oldest_comes_first),
		cmocka_unit_test(test_only_the_last_three_minutes_are_kept),
		cmocka_unit_test(test_what_is_too_long_takes_no_memory),
	};

	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
