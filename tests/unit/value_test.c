/* SPDX-License-Identifier: MIT */
/* value: what a configuration's text means */
#include <config.h>

#include <unistd.h>

#include "lib/config/value.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	const struct value_unit *units;
	bool good;
	uint64_t amount;
} amounts[] = {
	{"0", value_plain, true, 0},
	{"17", value_plain, true, 17},
	{"9223372036854775807", value_plain, true, INT64_MAX},
	{"9223372036854775808", value_plain, false, 0},
	{"17K", value_plain, false, 0},
	{"", value_plain, false, 0},
	{"-1", value_plain, false, 0},
	{" 1", value_plain, false, 0},
	{"1 ", value_plain, false, 0},
	{"0", value_bytes, true, 0},
	{"17", value_bytes, true, 17},
	{"2K", value_bytes, true, 2048},
	{"3M", value_bytes, true, 3 << 20},
	{"4G", value_bytes, true, (uint64_t)4 << 30},
	{"4g", value_bytes, false, 0},
	{"4 G", value_bytes, false, 0},
	{"4GB", value_bytes, false, 0},
	{"K", value_bytes, false, 0},
	{"17179869183G", value_bytes, true, UINT64_MAX - (1 << 30) + 1},
	{"17179869184G", value_bytes, false, 0},
	{"0", value_times, true, 0},
	{"0s", value_times, true, 0},
	{"15", value_times, false, 0},
	{"15ms", value_times, true, 15},
	{"15s", value_times, true, 15000},
	{"15m", value_times, true, 900000},
	{"15h", value_times, true, 54000000},
	{"15d", value_times, true, 1296000000},
	{"15w", value_times, false, 0},
	{"1.5s", value_times, false, 0},
};

static void test_an_amount_is_digits_and_a_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(amounts); i++) {
		uint64_t amount = 12345;
		bool good = value_amount(
			amounts[i].text, amounts[i].units, &amount);

		CHECK(amounts[i].text, good == amounts[i].good);
		CHECK(amounts[i].text,
			amount == (good ? amounts[i].amount : 12345));
	}
}

static const struct {
	const char *text;
	const struct value_unit *units;
	uint64_t amount;
} written[] = {
	{"0", value_times, 0},
	{"1ms", value_times, 1},
	{"1500ms", value_times, 1500},
	{"1h", value_times, 3600000},
	{"36500d", value_times, (uint64_t)36500 * 86400000},
	{"1023", value_bytes, 1023},
	{"8M", value_bytes, 8 << 20},
	{"64", value_plain, 64},
};

static void test_an_amount_is_written_in_its_largest_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(written); i++) {
		char text[32];

		value_amount_text(text, sizeof(text), written[i].amount,
			written[i].units);
		CHECK_TEXT(written[i].text, span_of(text), written[i].text);
	}
}

static const struct {
	const char *text;
	bool good;
} prefixes[] = {
	{"127.0.0.1", true},
	{"10.0.0.0/8", true},
	{"0.0.0.0/0", true},
	{"192.0.2.7/32", true},
	{"::1", true},
	{"fd00::/8", true},
	{"::/0", true},
	{"2001:db8::1/128", true},
	{"::ffff:192.0.2.7", true},
	{"10.0.0.0/33", false},
	{"::1/129", false},
	{"10.0.0.0/", false},
	{"10.0.0.0/-1", false},
	{"10.0.0.0/8/8", false},
	{"10.0.0", false},
	{"256.0.0.1", false},
	{"localhost", false},
	{"unix:/x", false},
	{"[::1]", false},
	{"fe80::1%eth0", false},
	{"", false},
	{"/8", false},
	{"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", false},
};

static void test_a_prefix_is_an_address_and_perhaps_its_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++)
		CHECK(prefixes[i].text,
			value_is_prefix(prefixes[i].text) == prefixes[i].good);
}

static const struct {
	const char *text;
	bool good;
} origins[] = {
	{"*", true},
	{"https://www.example.org", true},
	{"http://localhost:8080", true},
	{"http://[::1]:8080", true},
	{"chrome-extension://abc", true},
	{"https://www.example.org/", false},
	{"https://www.example.org/path", false},
	{"https://user@example.org", false},
	{"https://*.example.org", false},
	{"https://", false},
	{"://example.org", false},
	{"www.example.org", false},
	{"", false},
};

static void test_an_origin_is_scheme_host_and_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(origins); i++)
		CHECK(origins[i].text,
			value_is_origin(origins[i].text) == origins[i].good);
}

static const struct {
	const char *text;
	bool good;
	mode_t mode;
} modes[] = {
	{"0660", true, 0660},
	{"660", true, 0660},
	{"0000", true, 0},
	{"777", true, 0777},
	{"1777", false, 0},
	{"00660", false, 0},
	{"66", false, 0},
	{"0880", false, 0},
	{"u=rw", false, 0},
	{"", false, 0},
};

static void test_a_mode_is_three_octal_digits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		mode_t mode = 01234;
		bool good = value_mode(modes[i].text, &mode);

		CHECK(modes[i].text, good == modes[i].good);
		CHECK(modes[i].text, mode == (good ? modes[i].mode : 01234));
	}
}

static void test_users_and_groups_are_names_or_numbers(void **state)
{
	uid_t user = 7;
	gid_t group = 7;

	(void)state;
	assert_true(value_user("root", &user));
	assert_int_equal(user, 0);
	assert_true(value_user("4294967294", &user));
	assert_true(user == 4294967294);
	assert_false(value_user("4294967295", &user)); /* means nobody */
	assert_false(value_user("no-such-user", &user));
	assert_false(value_user("-1", &user));
	assert_true(value_group("root", &group));
	assert_int_equal(group, 0);
	assert_true(value_group("12", &group));
	assert_int_equal(group, 12);
	assert_false(value_group("no-such-group", &group));
}

static const struct {
	const char *text;
	bool good;
} hosts[] = {
	{"localhost", true},
	{"www.Example.org", true},
	{"my_host-1.example", true},
	{"192.0.2.7", true},
	{"[::1]", true},
	{"[2001:db8::7]", true},
	{"", false},
	{"*", false},
	{"*.example.org", false},
	{".example.org", false},
	{"example.org.", false},
	{"example.org:80", false},
	{"https://example.org", false},
	{"example.org/", false},
	{"user@example.org", false},
	{"b\xc3\xbc"
	 "cher.example",
		false},
	{"::1", false},
	{"[]", false},
	{"[::1", false},
	{"[::1]:80", false},
	{"[192.0.2.7]", false},
	{"[00000000000000000000000000000000000000000000000000]", false},
};

static void test_a_host_is_a_name_or_an_address_without_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++)
		CHECK(hosts[i].text,
			value_is_host(hosts[i].text) == hosts[i].good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_amount_is_digits_and_a_unit),
		cmocka_unit_test(test_an_amount_is_written_in_its_largest_unit),
		cmocka_unit_test(
			test_a_prefix_is_an_address_and_perhaps_its_length),
		cmocka_unit_test(test_an_origin_is_scheme_host_and_port),
		cmocka_unit_test(
			test_a_host_is_a_name_or_an_address_without_port),
		cmocka_unit_test(test_a_mode_is_three_octal_digits),
		cmocka_unit_test(test_users_and_groups_are_names_or_numbers),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
