/* quota: how much an address may have */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "fcgi/quota.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config.h"
#include "tests/unit/unit.h"

/* NULL if it may not. */
static struct visitor *enter(struct quota *quota, const char *address)
{
	struct visitor *visitor;

	quota_enter(quota, address, 1, &visitor);
	return visitor;
}

static enum quota_word word_for(
	struct quota *quota, const char *address, size_t channels)
{
	struct visitor *visitor;

	return quota_enter(quota, address, channels, &visitor);
}

static void test_streams_are_limited_in_all(void **state)
{
	struct config config = {.streams = 2};
	struct quota *quota = quota_new(&config, &clock_system);
	struct visitor *a = enter(quota, "a");
	struct visitor *b = enter(quota, "b");

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(word_for(quota, "c", 1), QUOTA_TOO_MANY);
	quota_leave(quota, a, 1);
	a = enter(quota, "c");
	assert_non_null(a);
	quota_leave(quota, a, 1);
	quota_leave(quota, b, 1);
	quota_free(quota);
}

static void test_streams_are_limited_for_each_address(void **state)
{
	struct config config = {.streams = 100, .streams_per_address = 2};
	struct quota *quota = quota_new(&config, &clock_system);
	struct visitor *a = enter(quota, "a");

	(void)state;
	assert_non_null(a);
	assert_ptr_equal(enter(quota, "a"), a);
	assert_int_equal(word_for(quota, "a", 1), QUOTA_TOO_MANY_FROM_YOU);
	assert_int_equal(word_for(quota, "b", 1), QUOTA_YES);
	quota_leave(quota, a, 1);
	assert_ptr_equal(enter(quota, "a"), a);
	assert_null(enter(quota, "a"));
	quota_free(quota);
}

static void test_channels_are_limited_in_all(void **state)
{
	struct config config = {.streams = 100, .stream_channels = 10};
	struct quota *quota = quota_new(&config, &clock_system);
	struct visitor *a;

	(void)state;
	assert_int_equal(word_for(quota, "a", 11), QUOTA_TOO_MANY);
	assert_int_equal(quota_enter(quota, "a", 6, &a), QUOTA_YES);
	assert_int_equal(word_for(quota, "b", 5), QUOTA_TOO_MANY);
	assert_int_equal(word_for(quota, "b", 4), QUOTA_YES);
	assert_int_equal(word_for(quota, "b", 0), QUOTA_YES);
	quota_leave(quota, a, 6);
	assert_int_equal(word_for(quota, "b", 6), QUOTA_YES);
	assert_int_equal(word_for(quota, "b", 1), QUOTA_TOO_MANY);
	quota_free(quota);
}

static void test_channels_are_limited_for_each_address(void **state)
{
	struct config config = {.streams = 100, .channels_per_address = 10};
	struct quota *quota = quota_new(&config, &clock_system);
	struct visitor *a;

	(void)state;
	assert_int_equal(quota_enter(quota, "a", 10, &a), QUOTA_YES);
	assert_int_equal(word_for(quota, "a", 1), QUOTA_TOO_MANY_FROM_YOU);
	assert_int_equal(word_for(quota, "b", 10), QUOTA_YES);
	quota_leave(quota, a, 10);
	assert_int_equal(word_for(quota, "a", 10), QUOTA_YES);
	quota_free(quota);
}

static void test_all_of_one_s_IPv6_addresses_are_one(void **state)
{
	struct config config = {.streams = 100, .streams_per_address = 1};
	struct quota *quota = quota_new(&config, &clock_system);

	(void)state;
	assert_non_null(enter(quota, "2001:db8:1:1::1"));
	assert_null(enter(quota, "2001:db8:1:1:ffff::2"));
	assert_non_null(enter(quota, "2001:db8:1:2::1"));
	quota_free(quota);
}

static void test_an_address_may_POST_a_second_s_worth_at_once(void **state)
{
	struct config config = {.streams = 1, .publish_rate = 1};
	struct quota *quota = quota_new(&config, &clock_system);

	(void)state;
	assert_int_equal(quota_may_publish(quota, "a"), QUOTA_YES);
	assert_int_equal(
		quota_may_publish(quota, "a"), QUOTA_TOO_MANY_FROM_YOU);
	assert_int_equal(quota_may_publish(quota, "b"), QUOTA_YES);
	quota_free(quota);
}

static void test_all_together_may_POST_a_second_s_worth_at_once(void **state)
{
	struct config config = {
		.streams = 1, .publish_rate = 1, .publish_rate_total = 2};
	struct quota *quota = quota_new(&config, &clock_system);

	(void)state;
	assert_int_equal(quota_may_publish(quota, "a"), QUOTA_YES);
	/* who is refused for himself takes nothing from the others */
	assert_int_equal(
		quota_may_publish(quota, "a"), QUOTA_TOO_MANY_FROM_YOU);
	assert_int_equal(quota_may_publish(quota, "b"), QUOTA_YES);
	assert_int_equal(quota_may_publish(quota, "c"), QUOTA_TOO_MANY);
	quota_free(quota);
}

static void test_without_a_rate_everybody_may_POST(void **state)
{
	struct config config = {.streams = 1};
	struct quota *quota = quota_new(&config, &clock_system);

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(quota_may_publish(quota, "a"), QUOTA_YES);
	quota_free(quota);
}

static void test_the_idle_are_forgotten_when_there_are_too_many(void **state)
{
	struct config config = {.streams = 1u << 20, .streams_per_address = 1};
	struct quota *quota = quota_new(&config, &clock_system);
	struct visitor *first = enter(quota, "first");
	char address[16];

	(void)state;
	assert_non_null(first);
	for (int i = 1; i < QUOTA_VISITORS_MAX; i++) {
		snprintf(address, sizeof(address), "%d", i);
		assert_non_null(enter(quota, address));
	}
	assert_null(enter(quota, "one more"));
	quota_leave(quota, first, 1);
	assert_non_null(enter(quota, "one more"));
	assert_null(enter(quota, "and one more"));
	quota_free(quota);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_are_limited_in_all),
		cmocka_unit_test(test_streams_are_limited_for_each_address),
		cmocka_unit_test(test_channels_are_limited_in_all),
		cmocka_unit_test(test_channels_are_limited_for_each_address),
		cmocka_unit_test(test_all_of_one_s_IPv6_addresses_are_one),
		cmocka_unit_test(
			test_an_address_may_POST_a_second_s_worth_at_once),
		cmocka_unit_test(
			test_all_together_may_POST_a_second_s_worth_at_once),
		cmocka_unit_test(test_without_a_rate_everybody_may_POST),
		cmocka_unit_test(
			test_the_idle_are_forgotten_when_there_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
