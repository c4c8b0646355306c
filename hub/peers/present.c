/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/present.h"

#include <stdlib.h>
#include <string.h>

#include "hub/peers/peer.h"
#include "lib/text.h"

/* ---- a body of JOINED */

static bool is_topic(struct span topic)
{
	return topic.len > 0 && topic.len <= ACTIVE_TOPIC_MAX &&
	       text_is_utf8(topic, NULL);
}

bool joined_get(struct wire_in *in, struct joined *joined)
{
	bool sound = true;

	joined->subscriber = wire_get_bytes(in, ACTIVE_SUBSCRIBER);
	joined->address = wire_get_str8(in);
	joined->user = wire_get_str16(in);
	joined->payload = wire_get_str16(in);
	joined->count = wire_get_u16(in);
	joined->topics.at = in->at;
	for (uint16_t i = 0; i < joined->count && !in->failed; i++)
		sound = is_topic(wire_get_str16(in)) && sound;
	joined->topics.len = (size_t)(in->at - joined->topics.at);
	joined->open = in->at < in->end && wire_get_u8(in) != 0;
	joined->hub =
		in->at < in->end ? wire_get_bytes(in, ORIGIN_HUB) : span("", 0);
	return wire_done(in) && sound && joined->count > 0 &&
	       joined->count <= ACTIVE_TOPICS_MAX &&
	       joined->user.len <= ACTIVE_USER_MAX &&
	       joined->payload.len <= ACTIVE_PAYLOAD_MAX &&
	       text_is_utf8(joined->user, NULL) &&
	       text_is_utf8(joined->payload, NULL);
}

void joined_put(struct buf *out, const struct joined *joined)
{
	wire_put_bytes(out, joined->subscriber.at, ACTIVE_SUBSCRIBER);
	wire_put_str8(out, joined->address);
	wire_put_str16(out, joined->user);
	wire_put_str16(out, joined->payload);
	wire_put_u16(out, joined->count);
	buf_add_span(out, joined->topics);
	wire_put_u8(out, joined->open);
	buf_add_span(out, joined->hub);
}

/* ---- one of them */

static struct present *present_of(struct table_node *node)
{
	return node == NULL ? NULL
			    : table_entry(node, struct present, by_subscriber);
}

struct present *present_find(
	const struct presence *presence, struct span subscriber)
{
	return present_of(table_find(&presence->presents, subscriber));
}

struct present *present_new(
	struct presence *presence, struct span body, const struct joined *from)
{
	struct present *present = mem_new(
		sizeof(*present) + from->count * sizeof(present->entries[0]));
	struct wire_in in;
	struct joined joined;

	present->presence = presence;
	buf_add_span(&present->body, body);
	in = wire_in(buf_span(&present->body));
	joined_get(&in, &joined);
	memcpy(present->who.subscriber, joined.subscriber.at,
		ACTIVE_SUBSCRIBER);
	present->who.user = joined.user;
	present->who.payload = joined.payload;
	present->who.open = joined.open;
	present->topics = joined.topics;
	present->count = joined.count;
	for (uint16_t i = 0; i < present->count; i++)
		present->entries[i].who = &present->who;
	list_init(&present->among);
	list_init(&present->waiting);
	table_add(&presence->presents, &present->by_subscriber);
	if (joined.hub.len == 0) {
		present->payer = budget_join(&presence->budget, joined.address);
		return present;
	}
	present->machine = presence_machine(presence, joined.hub);
	list_append(&present->machine->presents, &present->among);
	return present;
}

void present_free(struct presence *presence, struct present *present)
{
	list_remove(&present->among);
	table_remove(&presence->presents, &present->by_subscriber);
	if (present->payer != NULL)
		budget_leave(&presence->budget, present->payer);
	buf_release(&present->body);
	free(present);
}

/* ---- whether it is to be told of */

static struct budget *budget_of(
	struct presence *presence, const struct present *present)
{
	return present->pays == presence->nobody ? &presence->free
						 : &presence->budget;
}

static void stop_waiting(struct presence *presence, struct present *present)
{
	if (!list_linked(&present->waiting) || present->drafted)
		return;
	budget_forget(
		budget_of(presence, present), present->pays, &present->waiting);
}

/* No address pays for those at other machines, nor for what is told again. */
static void wait(struct presence *presence, struct present *present)
{
	if (list_linked(&present->waiting))
		return;
	present->pays = present->payer == NULL || present->anew
				? presence->nobody
				: present->payer;
	budget_wait(
		budget_of(presence, present), present->pays, &present->waiting);
}

/* It waits exactly while the two differ, and ends when there is nothing to say
 * of it. */
void present_look(struct presence *presence, struct present *present)
{
	if (present->drafted)
		return;
	if (present->gone == present->told ||
		(present->anew && present->peer != NULL)) {
		wait(presence, present);
		return;
	}
	stop_waiting(presence, present);
	if (present->gone)
		present_free(presence, present);
}

void present_set_peer(
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

void present_own(struct presence *presence, struct present *present)
{
	struct wire_in in = wire_in(buf_span(&present->body));
	struct joined joined;

	joined_get(&in, &joined);
	stop_waiting(presence, present);
	present->machine = NULL;
	present->payer = budget_join(&presence->budget, joined.address);
	present->gone = false;
	present_set_peer(presence, present, NULL);
	present_look(presence, present);
}

/* ---- what was told */

void present_enter(struct presence *presence, struct present *present)
{
	struct wire_in topics = wire_in(present->topics);

	for (uint16_t i = 0; i < present->count; i++)
		attendance_enter(&presence->attendance, &present->entries[i],
			wire_get_str16(&topics));
	present->told = true;
	presence->there++;
}

void present_take_out(struct presence *presence, struct present *present)
{
	for (uint16_t i = 0; i < present->count; i++)
		attendance_leave(&presence->attendance, &present->entries[i]);
	present->told = false;
	presence->there--;
}

uint64_t presence_newest(const struct presence *presence)
{
	const struct channel *channel = channel_find(
		&presence->ledger->channels, span_of(ACTIVE_CHANNEL));

	return channel == NULL ? 0 : channel->newest;
}
