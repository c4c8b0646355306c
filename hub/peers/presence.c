/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/presence.h"

#include <string.h>

#include "hub/log/order.h"
#include "hub/peers/peer.h"
#include "hub/peers/present.h"

static struct span key_of(const uint8_t subscriber[ACTIVE_SUBSCRIBER])
{
	return span((const char *)subscriber, ACTIVE_SUBSCRIBER);
}

static struct span subscriber_of(const struct table_node *node)
{
	/* It is the first member. */
	return key_of(
		((const struct present *)(const void *)node)->who.subscriber);
}

/* ---- who has come, and who has left */

/* Its stream was at another machine, by what that told. */
static void move_here(struct presence *presence, struct present *present)
{
	present_own(presence, present);
	present->anew = true;
}

bool presence_join(
	struct presence *presence, struct peer *peer, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	struct joined joined;
	struct present *present;

	if (!joined_get(in, &joined) || joined.hub.len > 0)
		return false;
	present = present_find(presence, joined.subscriber);
	if (present == NULL)
		present = present_new(presence, body, &joined);
	if (present->machine != NULL)
		move_here(presence, present);
	present_set_peer(presence, present, peer);
	present->gone = false;
	present_look(presence, present);
	return true;
}

static void leave(struct presence *presence, struct present *present)
{
	list_remove(&present->among);
	present->peer = NULL;
	present->gone = true;
	present_look(presence, present);
}

bool presence_leave(
	struct presence *presence, struct peer *peer, struct wire_in *in)
{
	struct span subscriber = wire_get_bytes(in, ACTIVE_SUBSCRIBER);
	struct present *present;

	if (!wire_done(in))
		return false;
	present = present_find(presence, subscriber);
	if (present != NULL && present->peer == peer)
		leave(presence, present);
	return true;
}

void presence_forget(struct presence *presence, struct peer *peer)
{
	while (!list_empty(&peer->presents))
		present_set_peer(presence,
			list_entry(peer->presents.next, struct present, among),
			NULL);
	list_remove(&peer->asking);
	buf_release(&peer->who);
}

static void expire_orphans(struct presence *presence)
{
	uint64_t now = clock_now_us(presence->ledger->clock);

	while (!list_empty(&presence->orphans)) {
		struct present *present = list_entry(
			presence->orphans.next, struct present, among);

		if (present->deadline > now)
			break;
		leave(presence, present);
	}
}

bool presence_tend(struct presence *presence)
{
	bool more;

	expire_orphans(presence);
	if (presence->ledger->order != NULL)
		presence_tend_machines(presence);
	more = budget_tend(&presence->free);
	return budget_tend(&presence->budget) || more;
}

/* ---- beginning and end */

static void take_over(void *arg, const struct present_row *row)
{
	struct presence *presence = arg;
	struct wire_in in = wire_in(row->body);
	struct joined joined;
	struct present *present;

	if (!joined_get(&in, &joined) || row->joined <= presence->newest ||
		!span_equal(joined.subscriber, key_of(row->subscriber)) ||
		present_find(presence, joined.subscriber) != NULL)
		return;
	present = present_new(presence, row->body, &joined);
	present->who.since = row->since;
	for (uint16_t i = 0; i < present->count; i++)
		present->entries[i].id = row->joined + i;
	presence->newest = row->joined + present->count - 1;
	present_enter(presence, present);
	if (present->machine == NULL)
		present_set_peer(presence, present, NULL);
}

/* Those at the machine with that id are at this one; all if it is NULL. */
static void take_home(struct presence *presence, const uint8_t *hub)
{
	struct node *head = &presence->machines, *at, *next;

	for (at = head->next; at != head; at = next) {
		struct presence_machine *machine =
			list_entry(at, struct presence_machine, node);

		next = at->next;
		if (hub != NULL && memcmp(machine->hub, hub, ORIGIN_HUB) != 0)
			continue;
		while (!list_empty(&machine->presents))
			present_own(presence, list_entry(machine->presents.next,
						      struct present, among));
	}
}

/* Those that the log tells of and no entry does are to be told of again. */
void presence_share(struct presence *presence)
{
	const struct order *order = presence->ledger->order;
	struct node *at = presence->orphans.next;
	uint64_t hub;

	memcpy(&hub, order->hub, sizeof(hub));
	presence->source = (hub ^ clock_date_us(presence->ledger->clock)) | 1;
	for (; at != &presence->orphans; at = at->next)
		list_entry(at, struct present, among)->anew = true;
	take_home(presence, order->hub);
}

void presence_open(struct presence *presence, struct ledger *ledger)
{
	presence->ledger = ledger;
	table_init(&presence->presents, subscriber_of, NULL);
	list_init(&presence->orphans);
	list_init(&presence->drafts);
	list_init(&presence->asking);
	list_init(&presence->machines);
	list_init(&presence->told);
	budget_open(&presence->budget, ledger->clock,
		ledger->config->presence_rate);
	budget_open(&presence->free, ledger->clock, 0);
	presence->nobody = budget_join(&presence->free, span("", 0));
	attendance_open(&presence->attendance);
	present_rows_open(&presence->rows, &ledger->store);
	present_each(&presence->rows, take_over, presence);
	/* Those of other machines leave as orphans do. */
	if (ledger->config->shared.redis_count == 0)
		take_home(presence, NULL);
	presence->newest = presence_newest(presence);
}

static void release(struct presence *presence, struct present *present)
{
	list_remove(&present->waiting);
	if (present->told)
		present_take_out(presence, present);
	present_free(presence, present);
}

void presence_close(struct presence *presence)
{
	struct table_node *node;

	while ((node = table_first(&presence->presents)) != NULL)
		release(presence,
			table_entry(node, struct present, by_subscriber));
	presence_revert_told(presence);
	presence_drop_machines(presence);
	attendance_close(&presence->attendance);
	budget_leave(&presence->free, presence->nobody);
	budget_close(&presence->free);
	budget_close(&presence->budget);
	present_rows_close(&presence->rows);
	table_release(&presence->presents);
	coming_release(&presence->coming);
}
