/* quota: who may publish, and how much an address may have */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "fcgi/quota.h"
#include "lib/buf.h"
#include "lib/config.h"
#include "tests/unit/unit.h"

static const struct {
	const char *name, *prefix, *address;
	bool admitted;
} prefixes[] = {
	{"the address itself", "10.1.2.3", "10.1.2.3", true},
	{"its neighbour", "10.1.2.3", "10.1.2.4", false},
	{"in the network", "127.0.0.0/8", "127.255.0.1", true},
	{"outside of it", "127.0.0.0/8", "128.0.0.1", false},
	{"a prefix within a byte", "10.1.16.0/20", "10.1.31.255", true},
	{"just outside of that", "10.1.16.0/20", "10.1.32.0", false},
	{"everybody of IPv4", "0.0.0.0/0", "8.8.8.8", true},
	{"IPv4 is not IPv6", "0.0.0.0/0", "::1", false},
	{"everybody of IPv6, which holds IPv4", "::/0", "8.8.8.8", true},
	{"a mapped address", "127.0.0.0/8", "::ffff:127.0.0.1", true},
	{"IPv6 loopback", "::1", "::1", true},
	{"IPv6 written in another way", "::1", "0:0:0:0:0:0:0:1", true},
	{"an IPv6 network", "2001:db8::/33", "2001:db8:7fff::1", true},
	{"outside of it", "2001:db8::/33", "2001:db8:8000::1", false},
	{"no address", "::/0", "", false},
	{"a name", "::/0", "localhost", false},
	{"a cut address", "0.0.0.0/0", "127.0.0", false},
};

static void test_only_named_addresses_are_admitted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		char *list[] = {mem_text(span_of(prefixes[i].prefix))};
		struct config config = {.publish_from = list,
			.publish_from_count = 1,
			.streams = 1};
		struct quota *quota = quota_new(&config);

		CHECK(prefixes[i].name,
			quota_admits(quota, prefixes[i].address) ==
				prefixes[i].admitted);
		quota_free(quota);
		free(list[0]);
	}
}

static void test_without_a_prefix_nobody_is_admitted(void **state)
{
	struct config config = {.streams = 1};
	struct quota *quota = quota_new(&config);

	(void)state;
	assert_false(quota_admits(quota, "127.0.0.1"));
	quota_free(quota);
}

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
	struct quota *quota = quota_new(&config);
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
	struct quota *quota = quota_new(&config);
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
	struct quota *quota = quota_new(&config);
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
	struct quota *quota = quota_new(&config);
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
	struct quota *quota = quota_new(&config);

	(void)state;
	assert_non_null(enter(quota, "2001:db8:1:1::1"));
	assert_null(enter(quota, "2001:db8:1:1:ffff::2"));
	assert_non_null(enter(quota, "2001:db8:1:2::1"));
	quota_free(quota);
}

static void test_an_address_may_POST_a_second_s_worth_at_once(void **state)
{
	struct config config = {.streams = 1, .publish_rate = 1};
	struct quota *quota = quota_new(&config);

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
	struct quota *quota = quota_new(&config);

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
	struct quota *quota = quota_new(&config);

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(quota_may_publish(quota, "a"), QUOTA_YES);
	quota_free(quota);
}

static void test_the_idle_are_forgotten_when_there_are_too_many(void **state)
{
	struct config config = {.streams = 1u << 20, .streams_per_address = 1};
	struct quota *quota = quota_new(&config);
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
		cmocka_unit_test(test_only_named_addresses_are_admitted),
		cmocka_unit_test(test_without_a_prefix_nobody_is_admitted),
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
