/* SPDX-License-Identifier: MIT */
/* address: whose is it?  (What is in a prefix: sender_test.) */
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

static const struct {
	const char *address;
	bool loopback;
} machines[] = {
	{"127.0.0.1", true},
	{"127.255.255.255", true},
	{"::1", true},
	{"0:0:0:0:0:0:0:1", true},
	{"::ffff:127.0.0.1", true},
	{"128.0.0.1", false},
	{"126.255.255.255", false},
	{"::2", false},
	{"::", false},
	{"::ffff:10.0.0.1", false},
	{"localhost", false},
	{"", false},
};

static void test_this_machine_is_told_from_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(machines); i++) {
		struct address address;

		CHECK(machines[i].address,
			(address_read(machines[i].address, &address) &&
				address_is_loopback(&address)) ==
				machines[i].loopback);
	}
}

static const struct {
	const char *text;
	bool all;
} prefixes[] = {
	{"0.0.0.0/0", true},
	{"::/0", true},
	{"0.0.0.0/1", false},
	{"::/1", false},
	{"::/96", false},
	{"::1", false},
	{"127.0.0.0/8", false},
};

static void test_a_prefix_of_everybody_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct prefix prefix;

		assert_true(prefix_read(prefixes[i].text, &prefix));
		CHECK(prefixes[i].text,
			prefix_is_all(&prefix) == prefixes[i].all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_names_a_client),
		cmocka_unit_test(test_this_machine_is_told_from_others),
		cmocka_unit_test(test_a_prefix_of_everybody_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
