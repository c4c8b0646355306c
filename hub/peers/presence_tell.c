/* SPDX-License-Identifier: MIT */
/*
 * presence_tell - the events that tell who is there (presence.h)
 */
#include "config.h"

#include <string.h>

#include "hub/peers/present.h"

/* ---- telling of it */

static bool append_all(struct presence *presence, struct present *present)
{
	struct wire_in topics = wire_in(present->topics);
	struct active active = {
		.here = !present->told,
		.open = present->who.open,
		.subscriber = present->who.subscriber,
		.since = present->who.since,
		.user = present->who.user,
		.payload = present->who.payload,
	};
	uint64_t id = 0;

	for (uint16_t i = 0; i < present->count; i++) {
		active.topic = wire_get_str16(&topics);
		id = coming_append(&presence->coming, presence->ledger, &active,
			clock_date_ms(presence->ledger->clock), NULL);
		if (id == 0)
			return false;
		if (active.here)
			present->entries[i].id = id;
	}
	return true;
}

static void write_row(struct presence *presence, const struct present *present)
{
	struct present_row row = {
		.joined = present->entries[0].id,
		.since = present->who.since,
		.body = buf_span(&present->body),
	};

	if (present->told) {
		present_remove(&presence->rows, present->who.subscriber);
		return;
	}
	memcpy(row.subscriber, present->who.subscriber, ACTIVE_SUBSCRIBER);
	present_add(&presence->rows, &row);
}

/* False if nothing can be stored now. */
static bool draft(struct presence *presence, struct present *present)
{
	if (!ledger_begin(presence->ledger))
		return false;
	if (!present->told)
		present->who.since = clock_date_ms(presence->ledger->clock);
	if (!append_all(presence, present))
		return false;
	write_row(presence, present);
	list_remove(&present->waiting);
	present->drafted = true;
	list_append(&presence->drafts, &present->waiting);
	return true;
}

bool presence_step(struct presence *presence)
{
	unsigned events = 0;
	struct payer *payer;

	if (presence->ledger->order != NULL) {
		presence_propose(presence);
		return false;
	}
	while (events < PRESENCE_STEP) {
		struct present *present;

		payer = budget_next(&presence->budget);
		if (payer == NULL)
			return false;
		present = list_entry(
			payer->waiting.next, struct present, waiting);
		if (!draft(presence, present))
			return false;
		events += present->count;
		budget_pay(&presence->budget, payer, present->count);
	}
	return true;
}

/* ---- the transaction has ended */

/* It was committed that it has come, or gone. */
static void settle_one(struct presence *presence, struct present *present)
{
	if (present->told) {
		presence->leaves += present->count;
		present_take_out(presence, present);
	} else {
		presence->joins += present->count;
		present_enter(presence, present);
	}
}

static struct present *next_draft(struct presence *presence)
{
	struct present *present;

	if (list_empty(&presence->drafts))
		return NULL;
	present = list_entry(presence->drafts.next, struct present, waiting);
	list_remove(&present->waiting);
	present->drafted = false;
	return present;
}

static void settle(void *arg)
{
	struct presence *presence = arg;
	struct present *present;

	presence_settle_told(presence);
	if (list_empty(&presence->drafts))
		return;
	while ((present = next_draft(presence)) != NULL) {
		settle_one(presence, present);
		present_look(presence, present);
	}
	presence->newest = presence_newest(presence);
}

static void revert(void *arg)
{
	struct presence *presence = arg;
	struct present *present;

	presence_revert_told(presence);
	while ((present = next_draft(presence)) != NULL)
		present_look(presence, present);
}

struct party presence_party(struct presence *presence)
{
	return (struct party){NULL, settle, revert, presence};
}
