/* SPDX-License-Identifier: MIT */
/* hub/shared: what Redis says of itself, and where it is */
#include <config.h>

#include "hub/shared/command.h"
#include "hub/shared/dial.h"
#include "hub/shared/fault.h"
#include "hub/shared/info.h"
#include "tests/unit/unit.h"

static struct buf out;

static bool is_unfit(const char *info)
{
	buf_clear(&out);
	return info_is_unfit(span_of(info), &out);
}

static bool says(const char *part)
{
	return memmem(out.at, out.len, part, strlen(part)) != NULL;
}

#define GOOD "maxmemory_policy:noeviction\r\naof_enabled:1\r\n"

static void test_versions_from_6_2_on_will_do(void **state)
{
	(void)state;
	assert_false(is_unfit("redis_version:6.2.0\r\n" GOOD));
	assert_false(is_unfit("redis_version:7.0.15\r\n" GOOD));
	assert_false(is_unfit("redis_version:10.0\r\n" GOOD));
	assert_true(is_unfit("redis_version:6.0.16\r\n" GOOD));
	assert_true(says("6.0.16"));
	assert_true(is_unfit("redis_version:5.9\r\n" GOOD));
	assert_true(is_unfit(GOOD));
	assert_true(is_unfit(""));
}

static void test_one_that_may_remove_keys_will_not_do(void **state)
{
	(void)state;
	assert_true(is_unfit("redis_version:7.0.15\r\n"
			     "maxmemory_policy:volatile-ttl\r\n"));
	assert_true(says("volatile-ttl"));
	assert_true(is_unfit("redis_version:7.0.15\r\n"
			     "maxmemory_policy:allkeys-lru\r\n"));
	assert_true(is_unfit("redis_version:7.0.15\r\nredis_mode:cluster\r\n"));
	assert_true(is_unfit("redis_version:7.0.15\r\nloading:1\r\n" GOOD));
}

static void test_a_field_is_found_by_its_whole_name(void **state)
{
	struct span info = span_of("# Server\r\nrun_id_x:1\r\nrun_id:abc\r\n");

	(void)state;
	assert_true(span_is(info_find(info, "run_id"), "abc"));
	assert_int_equal(info_find(info, "id").len, 0);
	assert_true(info_lacks_aof(span_of("aof_enabled:0\r\n")));
	assert_false(info_lacks_aof(span_of("aof_enabled:1\n")));
}

static bool is_address(const char *text, const char *host, int port)
{
	char found[108];
	int number;

	return dial_address(
		       text, strlen(text), found, sizeof(found), &number) &&
	       strcmp(found, host) == 0 && number == port;
}

static void test_addresses_are_paths_or_numbers(void **state)
{
	char host[108];
	int port;

	(void)state;
	assert_true(is_address("unix:/run/redis.sock", "/run/redis.sock", 0));
	assert_true(is_address("127.0.0.1:6379", "127.0.0.1", 6379));
	assert_true(is_address("[::1]:6379", "::1", 6379));
	assert_false(dial_address("unix:", 5, host, sizeof(host), &port));
	assert_false(dial_address("127.0.0.1", 9, host, sizeof(host), &port));
	assert_false(
		dial_address("127.0.0.1:0", 11, host, sizeof(host), &port));
	assert_false(
		dial_address("redis.example:1", 15, host, sizeof(host), &port));
	assert_false(dial_address(":6379", 5, host, sizeof(host), &port));
	assert_false(
		dial_address("1.1.1.1:99999", 13, host, sizeof(host), &port));
}

static void test_errors_are_told_in_sentences(void **state)
{
	(void)state;
	buf_clear(&out);
	fault_of_error(&out, span_of("WRONGPASS invalid username-password"));
	assert_true(says("password is wrong"));
	buf_clear(&out);
	fault_of_error(&out, span_of("ERR something else"));
	assert_true(span_is(buf_span(&out), "ERR something else"));
}

static void test_a_command_is_words_with_their_lengths(void **state)
{
	(void)state;
	buf_clear(&out);
	command_text(&out, "CLIENT SETNAME x");
	assert_true(span_is(buf_span(&out),
		"*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$1\r\nx\r\n"));
	buf_clear(&out);
	command_number(&out, UINT64_MAX);
	command_key(&out, "{tidings}", "log");
	assert_true(span_is(buf_span(&out),
		"$20\r\n18446744073709551615\r\n$13\r\n{tidings}:log\r\n"));
}

static int clean_up(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions_from_6_2_on_will_do),
		cmocka_unit_test(test_one_that_may_remove_keys_will_not_do),
		cmocka_unit_test(test_a_field_is_found_by_its_whole_name),
		cmocka_unit_test(test_addresses_are_paths_or_numbers),
		cmocka_unit_test(test_errors_are_told_in_sentences),
		cmocka_unit_test(test_a_command_is_words_with_their_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
