/* SPDX-License-Identifier: MIT */
/* address: whose is it?  (What is in a prefix: limit_test.) */
#include <config.h>

#include "fcgi/guard/address.h"
#include "lib/span.h"
#include "tests/unit/unit.h"

static const struct {
	const char *label, *address, *name;
} cases[] = {
	{"IPv4", "192.0.2.7", "192.0.2.7"},
	{"IPv4 in IPv6", "::ffff:192.0.2.7", "192.0.2.7"},
	{"the same in hexadecimal", "::ffff:c000:207", "192.0.2.7"},
	{"IPv6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
	{"its neighbour", "2001:DB8:1:2:ffff::", "2001:db8:1:2::"},
	{"another network", "2001:db8:1:3::6", "2001:db8:1:3::"},
	{"loopback", "::1", "::"},
	{"none", "", ""},
	{"no address", "unix:", "unix:"},
	{"much too long", "0123456789012345678901234567890123456789012345678",
		"012345678901234567890123456789012345678901234"},
};

static void test_an_address_names_a_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct client_name name = client_name_of(cases[i].address);

		CHECK_TEXT(cases[i].label, span_of(name.text), cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_names_a_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
