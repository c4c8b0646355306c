/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_TOKEN_BUDGET_H
#define TIDINGS_FCGI_GUARD_TOKEN_BUDGET_H
/*
 * token_budget - how much of a processor bad tokens may cost
 *
 * To verify a token may cost 0.1 ms for each key that it may be of.  What a bad
 * one has cost is charged to its address, and to all together; a good one costs
 * nothing here, so those who all come back at once are verified, however many
 * they are.  Where either has used up its part, no token is verified that is
 * not known.  Of what all have, a part is for addresses that show bad tokens
 * rarely: so a few that show very many keep nobody else waiting.  Addresses are
 * forgotten for newer ones, in a room of fixed size.
 */
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct token_budget;

enum {
	TOKEN_BUDGET_ADDRESS_US = 50000, /* that come back within a second */
	TOKEN_BUDGET_ADDRESS_MOST_US = 500000,
	TOKEN_BUDGET_RARE_US = 1000, /* who costs more shows them often */
	TOKEN_BUDGET_RARE_MOST_US = 5000,
	TOKEN_BUDGET_ALL_US = 250000,
	TOKEN_BUDGET_ALL_MOST_US = 1000000,
	TOKEN_BUDGET_OFTEN_US = 150000, /* of that, for those who do */
	TOKEN_BUDGET_OFTEN_MOST_US = 600000,
	TOKEN_BUDGET_ADDRESSES = 1024,
};

/* Borrows the clock. */
struct token_budget *token_budget_new(const struct clock *clock);
void token_budget_free(struct token_budget *budget);

/* May a token of that address be verified? */
bool token_budget_allows(
	const struct token_budget *budget, const char *address);
/* One was, and was bad. */
void token_budget_charge(
	struct token_budget *budget, const char *address, uint64_t cost_us);

#endif
