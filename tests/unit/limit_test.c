/* SPDX-License-Identifier: MIT */
/* limit: how much an address may have */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "fcgi/guard/limit.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "tests/unit/unit.h"

/* NULL if it may not. */
static struct client *enter(struct limiter *limiter, const char *address)
{
	struct client *client;

	limit_enter(limiter, address, 1, &client);
	return client;
}

static enum limit_word word_for(
	struct limiter *limiter, const char *address, size_t channels)
{
	struct client *client;

	return limit_enter(limiter, address, channels, &client);
}

static void test_streams_are_limited_in_all(void **state)
{
	struct config config = {.streams = 2};
	struct limiter *limiter = limit_new(&config, &clock_system);
	struct client *a = enter(limiter, "a");
	struct client *b = enter(limiter, "b");

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(word_for(limiter, "c", 1), LIMIT_TOO_MANY);
	limit_leave(limiter, a, 1);
	a = enter(limiter, "c");
	assert_non_null(a);
	limit_leave(limiter, a, 1);
	limit_leave(limiter, b, 1);
	limit_free(limiter);
}

static size_t most_of(const struct config *config)
{
	struct limiter *limiter = limit_new(config, &clock_system);
	struct client *everyone = NULL, *client;
	size_t count = 0;

	while ((client = enter(limiter, "a")) != NULL && count < 5000) {
		everyone = client;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		limit_leave(limiter, everyone, 1);
	limit_free(limiter);
	return count;
}

static void test_streams_leave_connections_to_publishers(void **state)
{
	(void)state;
	assert_int_equal(
		most_of(&(struct config){.streams = 4000, .connections = 2000}),
		2000 - LIMIT_RESERVE);
	assert_int_equal(
		most_of(&(struct config){.streams = 4000, .connections = 100}),
		75);
	assert_int_equal(
		most_of(&(struct config){.streams = 50, .connections = 100}),
		50);
	assert_int_equal(
		most_of(&(struct config){.streams = 50, .connections = 1}), 1);
	assert_int_equal(most_of(&(struct config){.streams = 50}), 50);
}

static void test_workers_part_the_connections_among_them(void **state)
{
	(void)state;
	assert_int_equal(
		most_of(&(struct config){
			.streams = 4000, .connections = 2000, .workers = 4}),
		(2000 - LIMIT_RESERVE) / 4);
	assert_int_equal(
		most_of(&(struct config){
			.streams = 4000, .connections = 10, .workers = 64}),
		1);
}

static void test_streams_are_limited_for_each_address(void **state)
{
	struct config config = {.streams = 100, .streams_per_address = 2};
	struct limiter *limiter = limit_new(&config, &clock_system);
	struct client *a = enter(limiter, "a");

	(void)state;
	assert_non_null(a);
	assert_ptr_equal(enter(limiter, "a"), a);
	assert_int_equal(word_for(limiter, "a", 1), LIMIT_TOO_MANY_FROM_YOU);
	assert_int_equal(word_for(limiter, "b", 1), LIMIT_YES);
	limit_leave(limiter, a, 1);
	assert_ptr_equal(enter(limiter, "a"), a);
	assert_null(enter(limiter, "a"));
	limit_free(limiter);
}

static void test_channels_are_limited_in_all(void **state)
{
	struct config config = {.streams = 100, .stream_channels = 10};
	struct limiter *limiter = limit_new(&config, &clock_system);
	struct client *a;

	(void)state;
	assert_int_equal(word_for(limiter, "a", 11), LIMIT_TOO_MANY);
	assert_int_equal(limit_enter(limiter, "a", 6, &a), LIMIT_YES);
	assert_int_equal(word_for(limiter, "b", 5), LIMIT_TOO_MANY);
	assert_int_equal(word_for(limiter, "b", 4), LIMIT_YES);
	assert_int_equal(word_for(limiter, "b", 0), LIMIT_YES);
	limit_leave(limiter, a, 6);
	assert_int_equal(word_for(limiter, "b", 6), LIMIT_YES);
	assert_int_equal(word_for(limiter, "b", 1), LIMIT_TOO_MANY);
	limit_free(limiter);
}

static void test_channels_are_limited_for_each_address(void **state)
{
	struct config config = {.streams = 100, .channels_per_address = 10};
	struct limiter *limiter = limit_new(&config, &clock_system);
	struct client *a;

	(void)state;
	assert_int_equal(limit_enter(limiter, "a", 10, &a), LIMIT_YES);
	assert_int_equal(word_for(limiter, "a", 1), LIMIT_TOO_MANY_FROM_YOU);
	assert_int_equal(word_for(limiter, "b", 10), LIMIT_YES);
	limit_leave(limiter, a, 10);
	assert_int_equal(word_for(limiter, "a", 10), LIMIT_YES);
	limit_free(limiter);
}

static void test_all_of_one_s_IPv6_addresses_are_one(void **state)
{
	struct config config = {.streams = 100, .streams_per_address = 1};
	struct limiter *limiter = limit_new(&config, &clock_system);

	(void)state;
	assert_non_null(enter(limiter, "2001:db8:1:1::1"));
	assert_null(enter(limiter, "2001:db8:1:1:ffff::2"));
	assert_non_null(enter(limiter, "2001:db8:1:2::1"));
	limit_free(limiter);
}

static void test_an_address_may_POST_a_second_s_worth_at_once(void **state)
{
	struct config config = {.streams = 1, .publish_rate = 1};
	struct limiter *limiter = limit_new(&config, &clock_system);

	(void)state;
	assert_int_equal(limit_may_publish(limiter, "a"), LIMIT_YES);
	assert_int_equal(
		limit_may_publish(limiter, "a"), LIMIT_TOO_MANY_FROM_YOU);
	assert_int_equal(limit_may_publish(limiter, "b"), LIMIT_YES);
	limit_free(limiter);
}

static void test_all_together_may_POST_a_second_s_worth_at_once(void **state)
{
	struct config config = {
		.streams = 1, .publish_rate = 1, .publish_rate_total = 2};
	struct limiter *limiter = limit_new(&config, &clock_system);

	(void)state;
	assert_int_equal(limit_may_publish(limiter, "a"), LIMIT_YES);
	/* who is refused for himself takes nothing from the others */
	assert_int_equal(
		limit_may_publish(limiter, "a"), LIMIT_TOO_MANY_FROM_YOU);
	assert_int_equal(limit_may_publish(limiter, "b"), LIMIT_YES);
	assert_int_equal(limit_may_publish(limiter, "c"), LIMIT_TOO_MANY);
	limit_free(limiter);
}

static void test_without_a_rate_everybody_may_POST(void **state)
{
	struct config config = {.streams = 1};
	struct limiter *limiter = limit_new(&config, &clock_system);

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(limit_may_publish(limiter, "a"), LIMIT_YES);
	limit_free(limiter);
}

static void test_the_idle_are_forgotten_when_there_are_too_many(void **state)
{
	struct config config = {.streams = 1u << 20, .streams_per_address = 1};
	struct limiter *limiter = limit_new(&config, &clock_system);
	struct client *first = enter(limiter, "first");
	char address[16];

	(void)state;
	assert_non_null(first);
	for (int i = 1; i < LIMIT_CLIENTS_MAX; i++) {
		snprintf(address, sizeof(address), "%d", i);
		assert_non_null(enter(limiter, address));
	}
	assert_null(enter(limiter, "one more"));
	limit_leave(limiter, first, 1);
	assert_non_null(enter(limiter, "one more"));
	assert_null(enter(limiter, "and one more"));
	limit_free(limiter);
}

static void test_who_was_refused_all_that_he_asked_for_is_forgotten(
	void **state)
{
	struct config config = {
		.streams = 1u << 20, .channels_per_address = 10};
	struct limiter *limiter = limit_new(&config, &clock_system);
	char address[16];

	(void)state;
	for (int i = 0; i < LIMIT_CLIENTS_MAX; i++) {
		snprintf(address, sizeof(address), "%d", i);
		assert_int_equal(word_for(limiter, address, 11),
			LIMIT_TOO_MANY_FROM_YOU);
	}
	assert_int_equal(word_for(limiter, "one more", 1), LIMIT_YES);
	limit_free(limiter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_are_limited_in_all),
		cmocka_unit_test(test_streams_leave_connections_to_publishers),
		cmocka_unit_test(test_workers_part_the_connections_among_them),
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
		cmocka_unit_test(
			test_who_was_refused_all_that_he_asked_for_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
