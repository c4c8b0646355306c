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

struct terms {
	uint64_t us; /* are paid back in a second */
	uint64_t most_us;
};

static const struct terms of_address = {
	TOKEN_BUDGET_ADDRESS_US, TOKEN_BUDGET_ADDRESS_MOST_US};
static const struct terms of_habit = {
	TOKEN_BUDGET_RARE_US, TOKEN_BUDGET_RARE_MOST_US};
static const struct terms of_often = {
	TOKEN_BUDGET_OFTEN_US, TOKEN_BUDGET_OFTEN_MOST_US};
static const struct terms of_rare = {
	TOKEN_BUDGET_ALL_US - TOKEN_BUDGET_OFTEN_US,
	TOKEN_BUDGET_ALL_MOST_US - TOKEN_BUDGET_OFTEN_MOST_US};

struct debtor {
	/* Of all who share the place, paid back slowly: those who take turns
	 * there do not forget it for each other. */
	struct debt habit;
	struct client_name name; /* of whom it was last */
	struct debt debt;	 /* his */
};

struct token_budget {
	const struct clock *clock;
	struct debt often, rare; /* of all who show bad ones so */
	struct debtor *debtors;	 /* NULL until the first */
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

static uint64_t debt_now(
	const struct debt *debt, const struct terms *terms, uint64_t now)
{
	uint64_t paid = (now - debt->told_us) * terms->us / 1000000;

	return debt->us > paid ? debt->us - paid : 0;
}

static bool has_room(
	const struct debt *debt, const struct terms *terms, uint64_t now)
{
	return debt_now(debt, terms, now) < terms->most_us;
}

static void add(
	struct debt *debt, const struct terms *terms, uint64_t now, uint64_t us)
{
	debt->us = debt_now(debt, terms, now) + us;
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

/* At whose place little was spent lately, he may use what is left of either. */
bool token_budget_allows(const struct token_budget *budget, const char *address)
{
	uint64_t now = clock_now_us(budget->clock);
	struct client_name name;
	const struct debtor *debtor;

	if (budget->debtors == NULL)
		return true;
	name = client_name_of(address);
	debtor = place_of(budget, &name);
	if (is_he(debtor, &name) && !has_room(&debtor->debt, &of_address, now))
		return false;
	if (has_room(&budget->often, &of_often, now))
		return true;
	return has_room(&debtor->habit, &of_habit, now) &&
	       has_room(&budget->rare, &of_rare, now);
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
	if (!is_he(debtor, &name)) {
		debtor->name = name;
		debtor->debt = (struct debt){0};
	}
	if (has_room(&debtor->habit, &of_habit, now) &&
		has_room(&budget->rare, &of_rare, now))
		add(&budget->rare, &of_rare, now, cost_us);
	else
		add(&budget->often, &of_often, now, cost_us);
	add(&debtor->debt, &of_address, now, cost_us);
	add(&debtor->habit, &of_habit, now, cost_us);
}
