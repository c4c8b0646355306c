/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/token_budget.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/address.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/siphash.h"

/* All zero owes nothing. */
struct debt {
	uint64_t us;	  /* that were not yet paid back ... */
	uint64_t told_us; /* ... at that time */
};

struct debtor {
	struct client_name name;
	struct debt debt;
};

struct token_budget {
	const struct clock *clock;
	struct debt all;
	struct debtor *debtors; /* NULL until the first */
};

struct token_budget *token_budget_new(const struct clock *clock)
{
	struct token_budget *budget = mem_new(sizeof(*budget));

	budget->clock = clock;
	return budget;
}

void token_budget_free(struct token_budget *budget)
{
	free(budget->debtors);
	free(budget);
}

static uint64_t debt_now(const struct debt *debt, uint64_t now, uint64_t rate)
{
	uint64_t paid = (now - debt->told_us) * rate / 1000000;

	return debt->us > paid ? debt->us - paid : 0;
}

static void add(struct debt *debt, uint64_t now, uint64_t rate, uint64_t us)
{
	debt->us = debt_now(debt, now, rate) + us;
	debt->told_us = now;
}

static struct debtor *place_of(
	const struct token_budget *budget, const struct client_name *name)
{
	uint64_t hash = siphash(siphash_secret(), span_of(name->text));

	return &budget->debtors[hash % TOKEN_BUDGET_ADDRESSES];
}

static bool is_he(const struct debtor *debtor, const struct client_name *name)
{
	return strcmp(debtor->name.text, name->text) == 0;
}

bool token_budget_allows(const struct token_budget *budget, const char *address)
{
	uint64_t now = clock_now_us(budget->clock);
	struct client_name name;
	const struct debtor *debtor;

	if (budget->debtors == NULL)
		return true;
	if (debt_now(&budget->all, now, TOKEN_BUDGET_ALL_US) >=
		TOKEN_BUDGET_ALL_MOST_US)
		return false;
	name = client_name_of(address);
	debtor = place_of(budget, &name);
	return !is_he(debtor, &name) ||
	       debt_now(&debtor->debt, now, TOKEN_BUDGET_ADDRESS_US) <
		       TOKEN_BUDGET_ADDRESS_MOST_US;
}

void token_budget_charge(
	struct token_budget *budget, const char *address, uint64_t cost_us)
{
	uint64_t now = clock_now_us(budget->clock);
	struct client_name name = client_name_of(address);
	struct debtor *debtor;

	if (budget->debtors == NULL)
		budget->debtors = mem_new(
			TOKEN_BUDGET_ADDRESSES * sizeof(*budget->debtors));
	debtor = place_of(budget, &name);
	if (!is_he(debtor, &name))
		*debtor = (struct debtor){.name = name};
	add(&debtor->debt, now, TOKEN_BUDGET_ADDRESS_US, cost_us);
	add(&budget->all, now, TOKEN_BUDGET_ALL_US, cost_us);
}
