/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/presence.h"

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

static void set_peer(
	struct presence *presence, struct present *present, struct peer *peer)
{
	list_remove(&present->among);
	present->peer = peer;
	list_append(peer == NULL ? &presence->orphans : &peer->presents,
		&present->among);
	if (peer == NULL)
		present->deadline = clock_now_us(presence->ledger->clock) +
				    WIRE_GONE_MS * UINT64_C(1000);
}

bool presence_join(
	struct presence *presence, struct peer *peer, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	struct joined joined;
	struct present *present;

	if (!joined_get(in, &joined))
		return false;
	if (presence->ledger->order != NULL)
		return true;
	present = present_find(presence, joined.subscriber);
	if (present == NULL)
		present = present_new(presence, body, &joined);
	set_peer(presence, present, peer);
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
		set_peer(presence,
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
	expire_orphans(presence);
	return budget_tend(&presence->budget);
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
	set_peer(presence, present, NULL);
}

void presence_open(struct presence *presence, struct ledger *ledger)
{
	presence->ledger = ledger;
	table_init(&presence->presents, subscriber_of, NULL);
	list_init(&presence->orphans);
	list_init(&presence->drafts);
	list_init(&presence->asking);
	budget_open(&presence->budget, ledger->clock,
		ledger->config->presence_rate);
	attendance_open(&presence->attendance);
	present_rows_open(&presence->rows, &ledger->store);
	/* Where several machines share an order nobody is seen, and who was
	 * could not leave.  The rows stay: without [shared] they leave as
	 * orphans do. */
	if (ledger->config->shared.redis_count == 0)
		present_each(&presence->rows, take_over, presence);
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
	attendance_close(&presence->attendance);
	budget_close(&presence->budget);
	present_rows_close(&presence->rows);
	table_release(&presence->presents);
	buf_release(&presence->value);
	buf_release(&presence->traits);
	buf_release(&presence->data);
}
