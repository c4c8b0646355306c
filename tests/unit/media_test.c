/* SPDX-License-Identifier: MIT */
/*
 * media - what an Accept header says, and a Content-Type
 */
#include <config.h>

#include "fcgi/http/media.h"

#include "tests/unit/unit.h"

static const struct {
	const char *name;
	const char *accept;
	unsigned plain, open, stream;
} cases[] = {
	{"nothing", "", 0, 0, 0},
	{"anything is nothing in particular", "*/*", 0, 0, 0},
	{"neither is any text", "text/*", 0, 0, 0},
	{"a browser's EventSource", "text/event-stream", 0, 0, 1000},
	{"a plain name", "text/plain", 1000, 0, 0},
	{"case does not matter", "Text/PLAIN;Q=0.5", 500, 0, 0},
	{"Prometheus",
		"application/openmetrics-text;version=1.0.0,"
		"application/openmetrics-text;version=0.0.1;q=0.75,"
		"text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		500, 1000, 0},
	{"an old Prometheus",
		"application/openmetrics-text; version=0.0.1,"
		"text/plain;version=0.0.4;q=0.5",
		500, 0, 0},
	{"another version of the text", "text/plain; version=1.0.0", 0, 0, 0},
	{"unwanted", "text/plain;q=0, text/event-stream", 0, 0, 1000},
	{"unwanted in three digits", "text/plain;q=0.000", 0, 0, 0},
	{"a little", "text/plain;q=0.001", 1, 0, 0},
	{"space everywhere", " text/plain ; q=0.25 , text/event-stream ", 250,
		0, 1000},
	{"the best of two", "text/plain;q=0.2,text/plain;q=0.8", 800, 0, 0},
	{"other parameters", "text/plain;charset=utf-8;q=0.3", 300, 0, 0},
	{"a name that goes on", "text/plainer,text/plai", 0, 0, 0},
	{"nonsense", ";;,,=,q=1,text/plain;;;q=x", 1000, 0, 0},
};

static void test_it_is_read_as_it_is_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *accept = cases[i].accept;

		CHECK(cases[i].name, media_quality(accept, "text/plain",
					     "0.0.4") == cases[i].plain);
		CHECK(cases[i].name,
			media_quality(accept, "application/openmetrics-text",
				"1.0.0") == cases[i].open);
		CHECK(cases[i].name, media_quality(accept, "text/event-stream",
					     NULL) == cases[i].stream);
	}
}

static void test_a_body_is_of_a_type_whatever_its_parameters(void **state)
{
	(void)state;
	assert_true(media_is("application/json", "application/json"));
	assert_true(
		media_is("Application/JSON;charset=utf-8", "application/json"));
	assert_true(media_is("application/json ; a=b", "application/json"));
	assert_false(media_is("application/jsonl", "application/json"));
	assert_false(media_is("application/js", "application/json"));
	assert_false(media_is("", "application/json"));
}

static const struct {
	const char *accept_encoding;
	bool takes;
} codings[] = {
	{"", false},
	{"gzip", true},
	{"gzip, deflate, br, zstd", true}, /* Chromium, Firefox */
	{"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
	{"deflate, GZip ; q=0.5", true},
	{"x-gzip", true},
	{"*", true},
	{"deflate, *;q=0.3", true},
	{"identity", false},
	{"br, deflate", false},
	{"gzip;q=0", false},
	{"gzip;q=0.000, *", false},
	{"*;q=0", false},
	{"gzip;q=0.5, identity", false}, /* it would rather have none */
	{"gzip;q=1.0,deflate;q=0.6,identity;q=0.3", false}, /* Ruby */
	{"gzip, identity;q=0", true},
	{"gzipped, ungzip", false},
	{",,;q=1,", false},
};

static void test_gzip_is_for_who_accepts_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(codings); i++)
		CHECK(codings[i].accept_encoding,
			media_takes_gzip(codings[i].accept_encoding) ==
				codings[i].takes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_read_as_it_is_meant),
		cmocka_unit_test(
			test_a_body_is_of_a_type_whatever_its_parameters),
		cmocka_unit_test(test_gzip_is_for_who_accepts_it),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
