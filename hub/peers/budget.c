/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/budget.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

enum { MILLION = 1000000 };

static struct payer *payer_of(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct payer, by_name);
}

static struct span name_of(const struct table_node *node)
{
	/* It is the first member. */
	const struct payer *payer = (const void *)node;

	return span(payer->name, payer->name_len);
}

void budget_open(
	struct budget *budget, const struct clock *clock, uint64_t rate)
{
	budget->clock = clock;
	budget->rate = rate;
	table_init(&budget->payers, name_of, NULL);
	list_init(&budget->ready);
	list_init(&budget->resting);
	list_init(&budget->unused);
}

static void payer_free(struct budget *budget, struct payer *payer)
{
	list_remove(&payer->node);
	table_remove(&budget->payers, &payer->by_name);
	free(payer);
}

void budget_close(struct budget *budget)
{
	while (!list_empty(&budget->unused))
		payer_free(budget,
			list_entry(budget->unused.next, struct payer, node));
	table_release(&budget->payers);
}

/* ---- what it has left */

static int64_t burst(const struct budget *budget)
{
	return (int64_t)budget->rate * BUDGET_BURST_S * MILLION;
}

/* As much more as the time that has passed is worth. */
static void earn(const struct budget *budget, struct payer *payer)
{
	uint64_t now = clock_now_us(budget->clock);
	uint64_t passed = now - payer->at;
	const uint64_t most = UINT64_C(2) * BUDGET_BURST_S * MILLION;

	payer->at = now;
	payer->left +=
		(int64_t)((passed < most ? passed : most) * budget->rate);
	if (payer->left > burst(budget))
		payer->left = burst(budget);
}

static bool may_pay(const struct budget *budget, struct payer *payer)
{
	if (budget->rate == 0)
		return true;
	earn(budget, payer);
	return payer->left >= MILLION;
}

static void move(struct payer *payer, struct node *list)
{
	list_remove(&payer->node);
	list_append(list, &payer->node);
}

void budget_pay(struct budget *budget, struct payer *payer, uint64_t changes)
{
	budget->waiting--;
	if (budget->rate != 0)
		payer->left -= (int64_t)(changes * MILLION);
	if (list_empty(&payer->waiting))
		list_remove(&payer->node);
	else
		move(payer, &budget->ready);
}

/* ---- who */

struct payer *budget_join(struct budget *budget, struct span name)
{
	struct payer *payer = payer_of(table_find(&budget->payers, name));

	if (payer == NULL) {
		payer = mem_new(sizeof(*payer) + name.len);
		payer->name_len = (uint8_t)name.len;
		if (name.len > 0)
			memcpy(payer->name, name.at, name.len);
		payer->left = burst(budget);
		payer->at = clock_now_us(budget->clock);
		list_init(&payer->node);
		list_init(&payer->waiting);
		table_add(&budget->payers, &payer->by_name);
	}
	if (payer->users++ == 0)
		list_remove(&payer->node);
	return payer;
}

void budget_leave(struct budget *budget, struct payer *payer)
{
	if (--payer->users > 0)
		return;
	earn(budget, payer);
	move(payer, &budget->unused);
}

void budget_wait(struct budget *budget, struct payer *payer, struct node *node)
{
	list_append(&payer->waiting, node);
	budget->waiting++;
	if (!list_linked(&payer->node))
		list_append(&budget->ready, &payer->node);
}

void budget_forget(
	struct budget *budget, struct payer *payer, struct node *node)
{
	if (!list_linked(node))
		return;
	budget->waiting--;
	list_remove(node);
	if (list_empty(&payer->waiting))
		list_remove(&payer->node);
}

struct payer *budget_next(struct budget *budget)
{
	while (!list_empty(&budget->ready)) {
		struct payer *payer =
			list_entry(budget->ready.next, struct payer, node);

		if (may_pay(budget, payer))
			return payer;
		move(payer, &budget->resting);
	}
	return NULL;
}

/* One that nobody uses is remembered until it owes nothing. */
static void forget_unused(struct budget *budget)
{
	while (!list_empty(&budget->unused)) {
		struct payer *payer =
			list_entry(budget->unused.next, struct payer, node);

		earn(budget, payer);
		if (payer->left < burst(budget))
			break;
		payer_free(budget, payer);
	}
}

bool budget_tend(struct budget *budget)
{
	forget_unused(budget);
	list_move(&budget->ready, &budget->resting);
	return budget_next(budget) != NULL;
}
