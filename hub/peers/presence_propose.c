/* SPDX-License-Identifier: MIT */
/*
 * presence_propose - who is there, where the order is shared: what is proposed,
 * and which machines there are (presence.h)
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hub/log/order.h"
#include "hub/peers/present.h"

enum {
	ASKED_MAX = 1024, /* proposals that are not answered */
	/* Later those that are not the first tell, too, that a machine has
	 * left. */
	OTHERS_US = 3000000,
	/* In this time those who are there are told of again. */
	DOUBT_US = 30000000,
};

/* ---- what is proposed */

static void answered(void *of, const struct ack *ack)
{
	struct present *present = of;
	struct presence *presence = present->presence;

	presence->asked--;
	presence->more = true;
	present->drafted = false;
	if (ack->outcome > WIRE_OUT_REPEATED)
		presence->rests = true;
	present->insist = ack->outcome == WIRE_OUT_REPEATED;
	present_look(presence, present);
}

/* Others may tell that it has left with its machine, too: of one that is at
 * this, only where this was away. */
static bool has_name(
	const struct presence *presence, const struct present *present)
{
	if (present->insist)
		return false;
	return present->machine != NULL ||
	       (present->gone && present->entries[0].id <= presence->apart);
}

static void put_name(struct buf *out, const struct present *present)
{
	char subscriber[ACTIVE_TEXT];

	active_subscriber_text(subscriber, present->who.subscriber);
	buf_printf(out, "left:%s:%" PRIu64, subscriber, present->entries[0].id);
}

static void propose(struct presence *presence, struct present *present)
{
	const struct active active = {
		.here = !present->gone,
		.open = present->who.open,
		.subscriber = present->who.subscriber,
		.since = present->who.since,
		.user = present->who.user,
		.payload = present->who.payload,
	};
	struct proposed items[ACTIVE_TOPICS_MAX] = {0};
	struct wire_in topics = wire_in(present->topics);
	struct ack ack = {.peer = present, .tell = answered};
	struct buf name = {0};
	struct proposal what = {
		.channel = span_of(ACTIVE_CHANNEL),
		.items = items,
		.count = present->count,
		.source = presence->source,
		.number = ++presence->number,
	};

	for (uint16_t i = 0; i < present->count; i++)
		items[i].data = wire_get_str16(&topics);
	coming_put(&presence->coming, &active);
	what.traits = buf_span(&presence->coming.traits);
	if (has_name(presence, present))
		put_name(&name, present);
	what.once = buf_span(&name);
	present->drafted = true;
	presence->asked++;
	if (order_propose(presence->ledger, &what, &ack))
		answered(present, &ack);
	buf_release(&name);
}

/* The next of them, in no list any more; NULL if there is none. */
static struct present *next_of(struct budget *budget)
{
	struct payer *payer = budget_next(budget);
	struct present *present;

	if (payer == NULL)
		return NULL;
	present = list_entry(payer->waiting.next, struct present, waiting);
	list_remove(&present->waiting);
	budget_pay(budget, payer, present->count);
	return present;
}

static bool may_propose(const struct presence *presence)
{
	const struct ledger *ledger = presence->ledger;

	return !presence->rests && presence->asked < ASKED_MAX &&
	       ledger->writable && ledger->away == NULL;
}

/* Answers and entries have made room, or changed what is to be told. */
bool presence_has_more(const struct presence *presence)
{
	return presence->more && presence->ledger->order != NULL &&
	       may_propose(presence) &&
	       presence->free.waiting + presence->budget.waiting > 0;
}

void presence_propose(struct presence *presence)
{
	struct present *present;

	presence->more = false;
	while (may_propose(presence)) {
		present = next_of(&presence->free);
		if (present == NULL)
			present = next_of(&presence->budget);
		if (present == NULL)
			return;
		propose(presence, present);
	}
}

/* ---- other machines */

/* Of whoever came up to that id, it is true that he has left, or not. */
static void set_gone(struct presence *presence,
	struct presence_machine *machine, bool gone, uint64_t upto)
{
	struct node *head = &machine->presents, *at, *next;

	for (at = head->next; at != head; at = next) {
		struct present *present = list_entry(at, struct present, among);

		next = at->next;
		if (present->gone == gone || present->entries[0].id > upto)
			continue;
		present->gone = gone;
		present_look(presence, present);
	}
}

/* So that not all machines say the same, the first of them does; if it does
 * not, all. */
static void look_at(struct presence *presence, struct presence_machine *machine)
{
	const struct order *order = presence->ledger->order;
	enum order_there there = order->is_there(order->arg, machine->hub);
	uint64_t now = clock_now_us(presence->ledger->clock);

	if (there == ORDER_THERE) {
		if (machine->gone_us != 0)
			set_gone(presence, machine, false, UINT64_MAX);
		machine->gone_us = 0;
		return;
	}
	if (machine->gone_us == 0)
		machine->gone_us = now;
	if (there == ORDER_GONE_OURS || now - machine->gone_us > OTHERS_US)
		set_gone(presence, machine, true, UINT64_MAX);
}

static void look_at_machines(struct presence *presence)
{
	struct node *head = &presence->machines, *at, *next;

	for (at = head->next; at != head; at = next) {
		struct presence_machine *machine =
			list_entry(at, struct presence_machine, node);

		next = at->next;
		if (list_empty(&machine->presents))
			presence_drop_machine(machine);
		else
			look_at(presence, machine);
	}
}

/* ---- who knows too little */

static void tell_again(struct presence *presence, uint64_t upto)
{
	struct table_node *at = table_first(&presence->presents);

	for (; at != NULL; at = table_next(&presence->presents, at)) {
		struct present *present =
			table_entry(at, struct present, by_subscriber);

		if (present->machine != NULL || present->gone ||
			!present->told || present->entries[0].id > upto)
			continue;
		present->anew = true;
		present_look(presence, present);
	}
}

/* Those that nobody has told of again have left. */
static void end_doubt(struct presence *presence)
{
	struct node *head = &presence->machines;

	presence->doubt_until = 0;
	for (struct node *at = head->next; at != head; at = at->next)
		set_gone(presence,
			list_entry(at, struct presence_machine, node), true,
			presence->doubted);
}

static void look_at_blind(struct presence *presence)
{
	const struct order *order = presence->ledger->order;
	struct order_blind blind = order->blind(order->arg);
	uint64_t now = clock_now_us(presence->ledger->clock);

	/* What is above this log may be nobody's word; it gets there. */
	if (blind.anywhere > presence->told_again &&
		blind.anywhere <= presence->ledger->log.committed) {
		presence->told_again = blind.anywhere;
		tell_again(presence, blind.anywhere);
	}
	if (blind.here > presence->doubted) {
		presence->doubted = blind.here;
		presence->doubt_until = now + DOUBT_US;
	}
	/* It counts only while the others can be heard. */
	if (presence->ledger->away != NULL && presence->doubt_until != 0)
		presence->doubt_until = now + DOUBT_US;
	else if (presence->doubt_until != 0 && now > presence->doubt_until)
		end_doubt(presence);
}

void presence_tend_machines(struct presence *presence)
{
	presence->rests = false;
	if (presence->ledger->away != NULL)
		presence->apart = presence->ledger->log.committed;
	look_at_machines(presence);
	look_at_blind(presence);
}
