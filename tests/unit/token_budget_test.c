/* SPDX-License-Identifier: MIT */
/* token_budget: what bad tokens may cost */
#include <config.h>

#include <stdio.h>

#include "fcgi/guard/token_budget.h"
#include "lib/siphash.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

struct bank {
	struct hand_clock hands;
	struct clock clock;
	struct token_budget *budget;
};

static int enter(void **state)
{
	static struct bank bank;

	bank = (struct bank){.hands = {5000000, 5000000}};
	bank.clock = hand_clock(&bank.hands);
	bank.budget = token_budget_new(&bank.clock);
	*state = &bank;
	return 0;
}

static int leave(void **state)
{
	struct bank *bank = *state;

	token_budget_free(bank->budget);
	return 0;
}

static bool may(const struct bank *bank, const char *address)
{
	return token_budget_allows(bank->budget, address);
}

static void test_who_has_cost_too_much_is_not_verified_and_others_are(
	void **state)
{
	struct bank *bank = *state;

	assert_true(may(bank, "192.0.2.1"));
	token_budget_charge(
		bank->budget, "192.0.2.1", TOKEN_BUDGET_ADDRESS_MOST_US - 1);
	assert_true(may(bank, "192.0.2.1"));
	token_budget_charge(bank->budget, "192.0.2.1", 1);
	assert_false(may(bank, "192.0.2.1"));
	assert_false(may(bank, "::ffff:192.0.2.1"));
	assert_true(may(bank, "192.0.2.2"));
}

static void test_what_was_spent_comes_back_with_time(void **state)
{
	struct bank *bank = *state;

	token_budget_charge(
		bank->budget, "a", TOKEN_BUDGET_ADDRESS_MOST_US + 100);
	hand_clock_pass(&bank->hands, 1000);
	assert_false(may(bank, "a"));
	hand_clock_pass(&bank->hands, 2000);
	assert_true(may(bank, "a"));
	hand_clock_pass(&bank->hands, 3600 * 1000000ull);
	token_budget_charge(
		bank->budget, "a", TOKEN_BUDGET_ADDRESS_MOST_US - 1);
	assert_true(may(bank, "a"));
}

/* In 10 s they cost no more than that, from however many addresses. */
static void test_all_together_have_a_part_of_the_processor(void **state)
{
	const uint64_t cost = 100;
	struct bank *bank = *state;
	uint64_t spent = 0;

	for (unsigned i = 0; i < 200000; i++) {
		char address[32];

		snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16 & 255,
			i >> 8 & 255, i & 255);
		hand_clock_pass(&bank->hands, 50);
		if (!may(bank, address))
			continue;
		token_budget_charge(bank->budget, address, cost);
		spent += cost;
	}
	assert_true(spent >= 10 * TOKEN_BUDGET_ALL_US);
	assert_true(spent <=
		    TOKEN_BUDGET_ALL_MOST_US + 10 * TOKEN_BUDGET_ALL_US + cost);
}

static void test_one_address_leaves_most_of_it_to_others(void **state)
{
	struct bank *bank = *state;

	for (unsigned i = 0; i < 200000; i++) {
		hand_clock_pass(&bank->hands, 50);
		if (may(bank, "2001:db8::1"))
			token_budget_charge(bank->budget, "2001:db8::1", 100);
		assert_true(may(bank, "192.0.2.1"));
	}
	assert_false(may(bank, "2001:db8::ffff"));
}

/* Writes the next address behind `last` that shares its place in the room with
 * none of those, which is a matter of chance; returns its number. */
static uint64_t place_of(const char *address)
{
	return siphash(siphash_secret(), span_of(address)) %
	       TOKEN_BUDGET_ADDRESSES;
}

static unsigned stranger(
	char address[32], bool taken[TOKEN_BUDGET_ADDRESSES], unsigned last)
{
	uint64_t place;

	do {
		snprintf(address, 32, "192.0.2.%u", ++last);
		place = place_of(address);
	} while (taken[place]);
	taken[place] = true;
	return last;
}

/* Eight strangers do what they can, and somebody comes with his first token. */
static void test_few_who_cost_too_much_keep_nobody_else_waiting(void **state)
{
	struct bank *bank = *state;
	bool taken[TOKEN_BUDGET_ADDRESSES] = {false};
	char addresses[8][32], newcomer[32];
	unsigned last = 0;

	for (unsigned i = 0; i < 8; i++)
		last = stranger(addresses[i], taken, last);
	stranger(newcomer, taken, last);
	for (unsigned i = 0; i < 200000; i++) {
		const char *address = addresses[i % 8];

		hand_clock_pass(&bank->hands, 50);
		if (may(bank, address))
			token_budget_charge(bank->budget, address, 100);
		assert_true(may(bank, newcomer));
	}
}

/* Another address that has the same place. */
static void neighbour(char address[32], const char *other)
{
	unsigned number = 0;

	do
		snprintf(address, 32, "198.51.100.%u", number++);
	while (place_of(address) != place_of(other));
}

static void test_two_who_share_a_place_keep_nobody_else_waiting(void **state)
{
	struct bank *bank = *state;
	bool taken[TOKEN_BUDGET_ADDRESSES] = {false};
	char addresses[2][32], newcomer[32];
	unsigned last = stranger(addresses[0], taken, 0);

	neighbour(addresses[1], addresses[0]);
	stranger(newcomer, taken, last);
	for (unsigned i = 0; i < 200000; i++) {
		const char *address = addresses[i % 2];

		hand_clock_pass(&bank->hands, 50);
		if (may(bank, address))
			token_budget_charge(bank->budget, address, 100);
		assert_true(may(bank, newcomer));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_has_cost_too_much_is_not_verified_and_others_are),
		TEST(test_what_was_spent_comes_back_with_time),
		TEST(test_all_together_have_a_part_of_the_processor),
		TEST(test_one_address_leaves_most_of_it_to_others),
		TEST(test_few_who_cost_too_much_keep_nobody_else_waiting),
		TEST(test_two_who_share_a_place_keep_nobody_else_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
