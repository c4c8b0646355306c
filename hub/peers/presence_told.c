/* SPDX-License-Identifier: MIT */
/*
 * presence_told - who is there, where the order is shared: what its entries
 * tell (presence.h)
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log/entry.h"
#include "hub/log/order.h"
#include "hub/peers/present.h"

enum told_what { TOLD_CAME, TOLD_LEFT, TOLD_NOTHING };

/* What is so once the transaction is committed. */
struct told {
	struct node node;
	enum told_what what;
	uint64_t id; /* of its first event; NOTHING: what is above is void */
	uint64_t since;
	struct buf body; /* CAME: of its JOINED, as a row has it */
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
};

static struct told *add(
	struct presence *presence, enum told_what what, uint64_t id)
{
	struct told *told = mem_new(sizeof(*told));

	told->what = what;
	told->id = id;
	list_init(&told->node);
	list_append(&presence->told, &told->node);
	return told;
}

static void drop(struct told *told)
{
	list_remove(&told->node);
	buf_release(&told->body);
	free(told);
}

/* ---- in the transaction */

static void write_row(struct presence *presence, const struct told *told)
{
	struct present_row row = {
		.joined = told->id,
		.since = told->since,
		.body = buf_span(&told->body),
	};

	memcpy(row.subscriber, told->subscriber, ACTIVE_SUBSCRIBER);
	present_add(&presence->rows, &row);
}

/* The addresses of this machine's are known, and stay here. */
static struct span address_of(
	const struct presence *presence, struct span subscriber)
{
	const struct present *present = present_find(presence, subscriber);
	struct joined joined;
	struct wire_in in;

	if (present == NULL || present->machine != NULL)
		return span("", 0);
	in = wire_in(buf_span(&present->body));
	joined_get(&in, &joined);
	return joined.address;
}

static struct span subscriber_of(const struct active *active)
{
	return span((const char *)active->subscriber, ACTIVE_SUBSCRIBER);
}

void presence_told_came(struct presence *presence, const struct active *active,
	const uint8_t hub[ORIGIN_HUB], struct span topics, uint16_t count,
	uint64_t id)
{
	const struct joined joined = {
		.subscriber = subscriber_of(active),
		.address = address_of(presence, subscriber_of(active)),
		.user = active->user,
		.payload = active->payload,
		.topics = topics,
		.count = count,
		.open = active->open,
		.hub = span((const char *)hub, ORIGIN_HUB),
	};
	struct told *told = add(presence, TOLD_CAME, id);

	told->since = active->since;
	memcpy(told->subscriber, active->subscriber, ACTIVE_SUBSCRIBER);
	joined_put(&told->body, &joined);
	write_row(presence, told);
}

static void told_left(struct presence *presence, const struct active *active)
{
	struct told *told = add(presence, TOLD_LEFT, 0);

	memcpy(told->subscriber, active->subscriber, ACTIVE_SUBSCRIBER);
	present_remove(&presence->rows, told->subscriber);
}

void presence_told_nothing(struct presence *presence, uint64_t last)
{
	add(presence, TOLD_NOTHING, last);
	present_forget(&presence->rows, last);
}

void presence_came(struct presence *presence, const struct entry *entry)
{
	const struct active active = coming_read(&entry->what, entry->at);
	struct buf topics = {0};

	for (uint32_t i = 0; i < entry->what.count; i++)
		wire_put_str16(&topics, entry->what.items[i].data);
	if (active.here)
		presence_told_came(presence, &active, entry->origin.hub,
			buf_span(&topics), (uint16_t)entry->what.count,
			entry->id - entry->rows + 1);
	else
		told_left(presence, &active);
	buf_release(&topics);
}

/* ---- the transaction has ended */

static void set_told(struct presence *presence, struct present *present,
	const struct told *told)
{
	present->who.since = told->since;
	for (uint16_t i = 0; i < present->count; i++)
		present->entries[i].id = told->id + i;
	present_enter(presence, present);
	presence->joins += present->count;
	present->anew =
		present->machine == NULL && told->id <= presence->told_again;
}

/* One of this machine's that is not known here has a few seconds to be. */
static void settle_came(struct presence *presence, const struct told *told)
{
	struct wire_in in = wire_in(buf_span(&told->body));
	struct present *present;
	struct joined joined;

	joined_get(&in, &joined);
	present = present_find(presence, joined.subscriber);
	if (present != NULL && present->count != joined.count)
		return;
	if (present == NULL)
		present = present_new(presence, buf_span(&told->body), &joined);
	else if (present->told)
		present_take_out(presence, present);
	if (present->machine != NULL) {
		/* It may have come back under another id. */
		list_remove(&present->among);
		present->machine = presence_machine(presence, joined.hub);
		list_append(&present->machine->presents, &present->among);
		present->gone = false;
	}
	set_told(presence, present, told);
	if (memcmp(joined.hub.at, presence->ledger->order->hub, ORIGIN_HUB) ==
			0 &&
		present->machine != NULL)
		present_own(presence, present);
	else
		present_look(presence, present);
}

static void untell(struct presence *presence, struct present *present)
{
	present_take_out(presence, present);
	if (present->machine != NULL)
		present->gone = true;
	present_look(presence, present);
}

static void settle_left(struct presence *presence, const struct told *told)
{
	struct present *present = present_find(presence,
		span((const char *)told->subscriber, ACTIVE_SUBSCRIBER));

	if (present == NULL || !present->told)
		return;
	presence->leaves += present->count;
	untell(presence, present);
}

static void settle_nothing(struct presence *presence, const struct told *told)
{
	struct table_node *at = table_first(&presence->presents), *next;

	for (; at != NULL; at = next) {
		struct present *present =
			table_entry(at, struct present, by_subscriber);

		next = table_next(&presence->presents, at);
		if (present->told && present->entries[0].id > told->id)
			untell(presence, present);
	}
}

void presence_settle_told(struct presence *presence)
{
	static void (*const settle[])(
		struct presence * presence, const struct told *told) = {
		[TOLD_CAME] = settle_came,
		[TOLD_LEFT] = settle_left,
		[TOLD_NOTHING] = settle_nothing,
	};

	if (list_empty(&presence->told))
		return;
	while (!list_empty(&presence->told)) {
		struct told *told =
			list_entry(presence->told.next, struct told, node);

		settle[told->what](presence, told);
		drop(told);
	}
	presence->newest = presence_newest(presence);
	presence->more = true;
}

void presence_revert_told(struct presence *presence)
{
	while (!list_empty(&presence->told))
		drop(list_entry(presence->told.next, struct told, node));
}
