/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/unseen.h"

#include "tests/unit/unit.h"

static void test_what_can_be_seen_is_not_unseen(void **state)
{
	static const char *const seen[] = {"", "plain",
		"https://a.example/\xc3\xa4", "\xe2\x80\xa7", /* U+2027 */
		"\xe2\x80\xa9", /* U+2029, a separator */
		"\xf0\x9f\x93\xa3"};

	(void)state;
	for (size_t i = 0; i < COUNT(seen); i++)
		CHECK(seen[i], !unseen_in(span_of(seen[i])));
}

static void test_one_character_of_the_category_is_found_anywhere(void **state)
{
	static const char *const unseen[] = {"\xc2\xad", /* soft hyphen */
		"\xd8\x80", "\xd8\x85", "\xe2\x80\x8b",	 /* zero width space */
		"\xe2\x80\xae", /* right-to-left override */
		"\xef\xbb\xbf", /* byte order mark */
		"\xf0\x93\x90\xbf", "\xf3\xa0\x81\xbf"};

	(void)state;
	for (size_t i = 0; i < COUNT(unseen); i++) {
		char text[32];

		CHECK(unseen[i], unseen_in(span_of(unseen[i])));
		snprintf(text, sizeof(text), "\xe2\x82\xac%s.", unseen[i]);
		CHECK(text, unseen_in(span_of(text)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_can_be_seen_is_not_unseen),
		cmocka_unit_test(
			test_one_character_of_the_category_is_found_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
