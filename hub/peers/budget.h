/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_BUDGET_H
#define TIDINGS_HUB_PEERS_BUDGET_H
/*
 * budget - how many changes an address may have told of
 *
 * So many a second, of which BUDGET_BURST_S seconds' worth may come at once.
 * What is beyond it waits, in order, with its payer:
 *
 *   IDLE     nothing waits
 *   READY    something waits, and may be told now
 *   RESTING  something waits until there is a budget again
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

enum { BUDGET_BURST_S = 100 };

/* One address. */
struct payer {
	struct table_node by_name;
	struct node node;    /* READY, RESTING or, without users, unused */
	struct node waiting; /* what does, by nodes of its own */
	uint64_t users;
	int64_t left; /* millionths of a change; below 0: a debt */
	uint64_t at;  /* us, when that was so */
	uint8_t name_len;
	char name[];
};

struct budget {
	const struct clock *clock;
	uint64_t rate; /* 0 = no limit */
	struct table payers;
	struct node ready, resting, unused;
	uint64_t waiting; /* nodes, of all payers */
};

void budget_open(
	struct budget *budget, const struct clock *clock, uint64_t rate);
/* Nobody uses it any more. */
void budget_close(struct budget *budget);

/* That address's, found or made; one user more. */
struct payer *budget_join(struct budget *budget, struct span name);
/* Nothing of the user's waits. */
void budget_leave(struct budget *budget, struct payer *payer);

/* Something waits with the payer from now on; or that may have ended. */
void budget_wait(struct budget *budget, struct payer *payer, struct node *node);
void budget_forget(
	struct budget *budget, struct payer *payer, struct node *node);

/* The payer whose turn it is, with something that waits; NULL if there is none.
 */
struct payer *budget_next(struct budget *budget);
/* One that waited with it is told, so many changes, and in no list any more. */
void budget_pay(struct budget *budget, struct payer *payer, uint64_t changes);

/* Now and then: who rests may be ready again; true if somebody is. */
bool budget_tend(struct budget *budget);

#endif
