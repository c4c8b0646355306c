/* SPDX-License-Identifier: MIT */
/* url: addresses of people, and texts as parts of one */
#include <config.h>

#include "client/http/url.h"
#include "tests/unit/unit.h"

static void test_an_address_says_http_or_https(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} cases[] = {
		{"http://127.0.0.1:8000", true},
		{"https://localhost/under", true},
		{"HTTP://HOST", true},
		{"ftp://127.0.0.1", false},
		{"127.0.0.1:8000", false},
		{"http:/127.0.0.1", false},
		{"httpx://127.0.0.1", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK(cases[i].url,
			(url_fault(cases[i].url) == NULL) == cases[i].good);
}

static void test_only_what_means_nothing_in_a_url_stands_as_it_is(void **state)
{
	static const struct {
		const char *text, *encoded;
	} cases[] = {
		{"", ""},
		{"aZ09-._~", "aZ09-._~"},
		{"a b+c", "a%20b%2Bc"},
		{"rooms/1?x=y&z#f", "rooms%2F1%3Fx%3Dy%26z%23f"},
		{"100%", "100%25"},
		{"\303\274", "%C3%BC"},
		{"\177\001\377", "%7F%01%FF"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = {0};

		url_encode(&out, span_of(cases[i].text));
		CHECK_TEXT(cases[i].text, buf_span(&out), cases[i].encoded);
		buf_release(&out);
	}
}

static void test_a_nul_is_encoded_and_ends_nothing(void **state)
{
	struct buf out = {0};

	(void)state;
	buf_add_span(&out, span_of("before:"));
	url_encode(&out, span("a\0b", 3));
	CHECK_TEXT("NUL", buf_span(&out), "before:a%00b");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_says_http_or_https),
		cmocka_unit_test(
			test_only_what_means_nothing_in_a_url_stands_as_it_is),
		cmocka_unit_test(test_a_nul_is_encoded_and_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
