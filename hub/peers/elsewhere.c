/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/elsewhere.h"

#include <stdlib.h>
#include <string.h>

struct machine {
	struct node node;
	uint8_t origin[ORIGIN_HUB];
	struct counter *counter;
};

static struct machine *find(
	const struct elsewhere *elsewhere, const uint8_t origin[ORIGIN_HUB])
{
	struct node *at = elsewhere->machines.next;

	for (; at != &elsewhere->machines; at = at->next) {
		struct machine *machine = list_entry(at, struct machine, node);

		if (memcmp(machine->origin, origin, ORIGIN_HUB) == 0)
			return machine;
	}
	return NULL;
}

static void leave(struct elsewhere *elsewhere, struct machine *machine)
{
	list_remove(&machine->node);
	counts_leave(elsewhere->counts, machine->counter);
	free(machine);
}

void elsewhere_set(struct elsewhere *elsewhere,
	const uint8_t origin[ORIGIN_HUB], struct span name, uint32_t number)
{
	struct machine *machine = find(elsewhere, origin);

	if (machine == NULL) {
		machine = mem_new(sizeof(*machine));
		list_init(&machine->node);
		memcpy(machine->origin, origin, ORIGIN_HUB);
		machine->counter = counts_join();
		machine->counter->elsewhere = true;
		list_append(&elsewhere->machines, &machine->node);
	}
	counts_set(elsewhere->counts, machine->counter, name, number);
}

void elsewhere_leave(
	struct elsewhere *elsewhere, const uint8_t origin[ORIGIN_HUB])
{
	struct machine *machine = find(elsewhere, origin);

	if (machine != NULL)
		leave(elsewhere, machine);
}

void elsewhere_open(struct elsewhere *elsewhere, struct counts *counts)
{
	elsewhere->counts = counts;
	list_init(&elsewhere->machines);
}

void elsewhere_close(struct elsewhere *elsewhere)
{
	while (!list_empty(&elsewhere->machines))
		leave(elsewhere, list_entry(elsewhere->machines.next,
					 struct machine, node));
}
