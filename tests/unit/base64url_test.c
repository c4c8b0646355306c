/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/base64url.h"
#include "tests/unit/unit.h"

static void test_bytes_are_written_and_read_without_padding(void **state)
{
	static const struct {
		const char *bytes;
		const char *text;
	} cases[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"},
		{"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&out);
		base64url_encode(&out, span_of(cases[i].bytes));
		CHECK_TEXT(cases[i].bytes, buf_span(&out), cases[i].text);
		buf_clear(&out);
		CHECK(cases[i].text,
			base64url_decode(&out, span_of(cases[i].text)));
		CHECK_TEXT(cases[i].text, buf_span(&out), cases[i].bytes);
	}
	buf_release(&out);
}

static void test_no_text_has_a_second_spelling(void **state)
{
	static const char *const texts[] = {"Zg==", "Zg=", "Zm8=", "Z", "Zm9vY",
		"Zh", "Zm9", "-_9", "Z g", "Zg\n", "Zg ", " Zg", "+/8", "Zm9v.",
		"Zm9\xc3", "Zm9v\x7f"};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		CHECK(texts[i], !base64url_decode(&out, span_of(texts[i])));
	CHECK("a NUL", !base64url_decode(&out, span("Zm\0v", 4)));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_bytes_are_written_and_read_without_padding),
		cmocka_unit_test(test_no_text_has_a_second_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
