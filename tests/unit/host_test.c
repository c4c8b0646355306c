/* SPDX-License-Identifier: MIT */
/* host: is it this site that was asked for? */
#include <config.h>

#include "fcgi/guard/host.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"
#include "tests/unit/unit.h"

static char name[] = "app.example", four[] = "127.0.0.1", six[] = "[::1]";
static char *hosts[] = {name, four, six};
static const struct config some = {.hosts = hosts, .host_count = 3};
static const struct config none = {0};

static const struct {
	const char *host;
	bool ours;
} cases[] = {
	{"app.example", true},
	{"APP.Example", true},
	{"app.example:8000", true},
	{"app.example.", true},
	{"app.example.:8000", true},
	{"127.0.0.1:8000", true},
	{"[::1]", true},
	{"[::1]:8000", true},
	{"evil.example", false},
	{"app.example.evil.example", false},
	{"evil.example:app.example", false},
	{"app.exampl", false},
	{"app.example..", false},
	{"xapp.example", false},
	{"127.0.0.10", false},
	{"[::1", false},
	{"[::11]", false},
	{"::1", false},
	{".", false},
	{"", false},
};

static void test_only_names_that_are_given_are_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request request = {.host = cases[i].host};

		CHECK(cases[i].host,
			host_is_ours(&some, &request) == cases[i].ours);
		CHECK(cases[i].host, host_is_ours(&none, &request));
	}
}

static const struct {
	const char *name, *origin, *host, *site;
	bool certain; /* with `hosts` */
	bool bare;    /* and without */
} pages[] = {
	{"no page", "", "evil.example", "", true, true},
	{"localhost", "http://localhost:5173", "x", "", true, true},
	{"localhost, in other case", "http://LOCALHOST.", "x", "", true, true},
	{"below localhost", "http://app.localhost:3000", "x", "", true, true},
	{"it ends so", "http://evil-localhost", "x", "", false, false},
	{"it begins so", "http://localhost.evil", "x", "", false, false},
	{"an address", "http://192.0.2.7:8000", "x", "", true, true},
	{"an address of IPv6", "http://[::1]:8000", "x", "", true, true},
	{"no address", "http://127.0.0.1.evil", "x", "", false, false},
	{"half an address", "http://[::1", "x", "", false, false},
	{"a name in hosts", "https://app.example:8443", "x", "", true, false},
	{"a name of others", "http://evil.example", "evil.example",
		"same-origin", false, false},
	{"null", "null", "localhost", "cross-site", false, false},
	{"null, by an old browser", "null", "localhost", "", false, false},
	{"null, from our own page", "null", "127.0.0.1:80", "same-origin", true,
		true},
	{"null, from a page that was pointed here", "null", "evil.example",
		"same-origin", false, false},
	{"an empty host", "http://", "localhost", "same-origin", false, false},
};

static void test_a_page_whose_name_anybody_may_have_pointed_here_is_told(
	void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct request request = {.origin = pages[i].origin,
			.host = pages[i].host,
			.fetch_site = pages[i].site};

		CHECK(pages[i].name,
			host_is_certain(&some, &request) == pages[i].certain);
		CHECK(pages[i].name,
			host_is_certain(&none, &request) == pages[i].bare);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_names_that_are_given_are_ours),
		cmocka_unit_test(
			test_a_page_whose_name_anybody_may_have_pointed_here_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
