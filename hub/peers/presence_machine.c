/* SPDX-License-Identifier: MIT */
/*
 * presence_machine - the other machines that share the order (present.h)
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hub/peers/present.h"

struct presence_machine *presence_machine(
	struct presence *presence, struct span hub)
{
	struct node *head = &presence->machines;
	struct presence_machine *machine;

	for (struct node *at = head->next; at != head; at = at->next) {
		machine = list_entry(at, struct presence_machine, node);
		if (memcmp(machine->hub, hub.at, ORIGIN_HUB) == 0)
			return machine;
	}
	machine = mem_new(sizeof(*machine));
	memcpy(machine->hub, hub.at, ORIGIN_HUB);
	list_init(&machine->node);
	list_init(&machine->presents);
	list_append(head, &machine->node);
	return machine;
}

void presence_drop_machine(struct presence_machine *machine)
{
	list_remove(&machine->node);
	free(machine);
}

void presence_drop_machines(struct presence *presence)
{
	while (!list_empty(&presence->machines))
		presence_drop_machine(list_entry(presence->machines.next,
			struct presence_machine, node));
}
