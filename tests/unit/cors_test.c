/* SPDX-License-Identifier: MIT */
/* cors: which pages of other origins may read and publish */
#include <config.h>

#include <string.h>

#include "fcgi/guard/cors.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"
#include "tests/unit/unit.h"

static char listed[] = "https://app.example";
static char star[] = "*";
static char *one_origin[] = {listed};
static char *both_origins[] = {star, listed};
static char *any_origin[] = {star};

static const struct config none = {0};
static const struct config one = {.origins = one_origin, .origin_count = 1};
static const struct config any = {.origins = any_origin, .origin_count = 1};
static const struct config both = {.origins = both_origins, .origin_count = 2};

enum reading {
	SILENT,	 /* no header at all */
	OWN,	 /* the origin itself, and Vary */
	NAMED,	 /* the same, and with cookies */
	FOREIGN, /* Vary only */
	ALL,	 /* "*" */
	ALL_BUT, /* the same, and Vary: for others there is another answer */
};

static const struct {
	const char *name;
	const struct config *config;
	const char *scheme, *host, *origin, *site;
	enum reading reading;
	bool may_publish;
} cases[] = {
	{"no browser", &none, "http", "a", "", "", SILENT, true},
	{"our own page", &none, "http", "a:8000", "http://a:8000",
		"same-origin", OWN, true},
	{"our own page, host in other case", &none, "http", "A.example",
		"http://a.Example", "", OWN, true},
	{"the port that the scheme has", &none, "https", "a:443", "https://a",
		"", OWN, true},
	{"the port of the other scheme", &none, "http", "a:443", "http://a", "",
		FOREIGN, false},
	{"another scheme", &none, "http", "a", "https://a", "", FOREIGN, false},
	{"behind a proxy with TLS", &none, "http", "a", "https://a",
		"same-origin", FOREIGN, true},
	{"another port", &none, "http", "a:8000", "http://a:8001", "same-site",
		FOREIGN, false},
	{"a longer name", &none, "http", "a", "http://a.evil", "", FOREIGN,
		false},
	{"a name that begins so", &none, "http", "a.example", "http://a", "",
		FOREIGN, false},
	{"null", &none, "http", "a", "null", "cross-site", FOREIGN, false},
	{"cross-site without an origin", &none, "http", "a", "", "cross-site",
		SILENT, false},
	{"a neighbour of the same domain without an origin", &none, "http", "a",
		"", "same-site", SILENT, false},
	{"typed into the address line", &none, "http", "a", "", "none", SILENT,
		true},
	{"no host", &none, "http", "", "http://", "", FOREIGN, false},
	{"a listed origin", &one, "http", "a", "https://app.example",
		"cross-site", NAMED, true},
	{"a listed origin's neighbour", &one, "http", "a",
		"https://app.example.evil", "cross-site", FOREIGN, false},
	{"a listed origin with another scheme", &one, "http", "a",
		"http://app.example", "cross-site", FOREIGN, false},
	{"a line break is never repeated", &none, "http", "a\r\nX: y",
		"http://a\r\nX: y", "", FOREIGN, false},
	{"any", &any, "http", "a", "http://evil", "cross-site", ALL, true},
	{"a star is no origin", &any, "http", "a", "*", "cross-site", ALL,
		true},
	{"any, and this one by its name", &both, "http", "a",
		"https://app.example", "cross-site", NAMED, true},
	{"any, and another by its name", &both, "http", "a", "http://evil",
		"cross-site", ALL_BUT, true},
	{"any, and it is our own", &any, "http", "a", "http://a", "same-origin",
		ALL, true},
	{"any, no origin", &any, "http", "a", "", "cross-site", SILENT, true},
};

static struct request request_of(size_t i)
{
	return (struct request){
		.scheme = cases[i].scheme,
		.host = cases[i].host,
		.origin = cases[i].origin,
		.fetch_site = cases[i].site,
	};
}

static void expect(struct buf *out, enum reading reading, const char *origin)
{
	if (reading != SILENT && reading != FOREIGN)
		buf_printf(out,
			"Access-Control-Expose-Headers: Last-Event-ID, "
			"Mercure-Last-Event-ID, Link, ETag, Retry-After, "
			"WWW-Authenticate\r\n");
	if (reading == ALL || reading == ALL_BUT)
		buf_printf(out, "Access-Control-Allow-Origin: *\r\n");
	if (reading == NAMED || reading == OWN)
		buf_printf(out, "Access-Control-Allow-Origin: %s\r\n", origin);
	if (reading == NAMED)
		buf_printf(out, "Access-Control-Allow-Credentials: true\r\n");
	if (reading != ALL && reading != SILENT)
		buf_printf(out, "Vary: Origin\r\n");
	buf_add_char(out, '\0');
}

static void test_an_answer_names_only_an_allowed_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request request = request_of(i);
		struct buf got = {0}, want = {0};

		cors_headers(&got, cases[i].config, &request);
		expect(&want, cases[i].reading, cases[i].origin);
		CHECK_TEXT(cases[i].name, buf_span(&got), want.at);
		buf_release(&got);
		buf_release(&want);
	}
}

static void test_only_pages_of_an_allowed_origin_publish(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request request = request_of(i);

		CHECK(cases[i].name, cors_may_publish(cases[i].config,
					     &request) == cases[i].may_publish);
	}
}

static void test_a_preflight_tells_a_foreign_origin_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request request = request_of(i);
		bool told = cases[i].reading != SILENT &&
			    cases[i].reading != FOREIGN;
		struct buf got = {0};

		cors_preflight(&got, cases[i].config, &request, "GET");
		CHECK(cases[i].name, (got.len > 0) == told);
		buf_release(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_answer_names_only_an_allowed_origin),
		cmocka_unit_test(test_only_pages_of_an_allowed_origin_publish),
		cmocka_unit_test(
			test_a_preflight_tells_a_foreign_origin_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
