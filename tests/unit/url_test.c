/* SPDX-License-Identifier: MIT */
/* url: addresses of people, and texts as parts of one */
#include <config.h>

#include "client/http/url.h"
#include "tests/unit/unit.h"

static void test_an_address_says_http_or_https_and_ends_with_its_path(
	void **state)
{
	static const struct {
		const char *url, *path; /* NULL: will not do */
	} cases[] = {
		{"http://127.0.0.1:8000", ""},
		{"https://localhost/under", "/under"},
		{"http://user@[::1]:80/a/b/", "/a/b/"},
		{"HTTP://HOST", ""},
		{"http://host/", "/"},
		{"ftp://127.0.0.1", NULL},
		{"127.0.0.1:8000", NULL},
		{"http:/127.0.0.1", NULL},
		{"httpx://127.0.0.1", NULL},
		{"http://", NULL},
		{"http:///under", NULL},
		{"http://host?x", NULL},
		{"http://host/under?x", NULL},
		{"http://host/under#x", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool good = url_fault(cases[i].url) == NULL;

		CHECK(cases[i].url, good == (cases[i].path != NULL));
		if (good)
			CHECK_TEXT(cases[i].url,
				span_of(url_path(cases[i].url)), cases[i].path);
	}
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
		cmocka_unit_test(
			test_an_address_says_http_or_https_and_ends_with_its_path),
		cmocka_unit_test(
			test_only_what_means_nothing_in_a_url_stands_as_it_is),
		cmocka_unit_test(test_a_nul_is_encoded_and_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
