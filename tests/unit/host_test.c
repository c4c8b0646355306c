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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_names_that_are_given_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
