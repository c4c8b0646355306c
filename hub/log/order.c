/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/order.h"

#include <assert.h>

#include "lib/event/active.h"
#include "lib/event/erasure.h"
#include "lib/event/traits.h"

/* ---- whether it will do */

/* They begin with its own channel, and there is room for all rows. */
static const char *topics_fault(
	const struct proposal *proposal, struct trait_topics topics)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < proposal->count; i++)
		bytes += proposal->items[i].data.len;
	if (!traits_have_room(
		    topics.count, topics.names.len, proposal->count, bytes))
		return "this is too much for so many channels";
	if (topics.index != 0 ||
		!span_equal(trait_next_topic(&topics.names), proposal->channel))
		return "an event's first channel is its own";
	return NULL;
}

const char *order_channel_fault(struct span channel)
{
	if (active_is_reserved(channel))
		return "nobody publishes on " ACTIVE_CHANNEL;
	if (erasure_is_channel(channel))
		return "nobody publishes on " ERASURE_CHANNEL;
	return NULL;
}

/* Only the hub itself says who is there, and what was deleted. */
static const char *channels_fault(const struct proposal *proposal)
{
	const char *fault = order_channel_fault(proposal->channel);
	struct trait_topics topics = {0};

	trait_topics(proposal->traits, &topics);
	while (topics.names.len > 0 && fault == NULL)
		fault = order_channel_fault(trait_next_topic(&topics.names));
	return fault;
}

const char *proposal_fault(const struct proposal *proposal)
{
	const char *fault = traits_fault(proposal->traits);
	struct trait_topics topics;

	if (fault == NULL && trait_topics(proposal->traits, &topics))
		fault = topics_fault(proposal, topics);
	return fault == NULL ? channels_fault(proposal) : fault;
}

/* ---- before anything is stored */

static bool has_receipt(const struct proposal *proposal, struct ack *ack)
{
	struct receipt receipt;

	if (proposal->publisher == NULL || !publisher_look(proposal->publisher,
						   proposal->number, &receipt))
		return false;
	ack->outcome = WIRE_OUT_STORED;
	ack->first = receipt.first;
	ack->last = receipt.last;
	return true;
}

/* Whose key holds briefly: other content is new, and so is the same later. */
static enum key_state look_for_key(struct ledger *ledger,
	const struct proposal *proposal, const struct proposed *item,
	struct keyed *keyed)
{
	const struct channel *channel =
		channel_find(&ledger->channels, proposal->channel);
	enum key_state state = keys_look(
		&ledger->keys, channel, item->key, item->digest, keyed);

	if (proposal->brief &&
		(state == KEY_CONFLICT || keyed->at + KEY_BRIEF_MS <
						  clock_date_ms(ledger->clock)))
		return KEY_NEW;
	return state;
}

/* Notes which events are there already; false if a key was used for other
 * content. */
static bool look_for_keys(
	struct ledger *ledger, const struct proposal *proposal)
{
	for (uint32_t i = 0; i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];
		enum key_state state = KEY_NEW;
		struct keyed keyed = {0};

		if (item->key.len > 0)
			state = look_for_key(ledger, proposal, item, &keyed);
		if (state == KEY_CONFLICT)
			return false;
		item->id = state == KEY_REPEATED ? keyed.id : 0;
	}
	return true;
}

/* ---- in the transaction */

/* A row on each channel of the topics; the last one's id, or 0. */
static uint64_t append_rows(struct ledger *ledger,
	const struct proposal *proposal, struct trait_topics *topics,
	struct span data)
{
	struct buf traits = {0};
	uint64_t id = 0;

	buf_add_span(&traits, proposal->traits);
	for (uint8_t i = 0; i < topics->count; i++) {
		struct span name = trait_next_topic(&topics->names);

		trait_set_index(&traits, i);
		id = ledger_append(ledger, channel_get(&ledger->channels, name),
			proposal->type, buf_span(&traits), data);
		if (id == 0)
			break;
	}
	buf_release(&traits);
	return id;
}

static uint64_t append(struct ledger *ledger, const struct proposal *proposal,
	struct channel *channel, struct span data)
{
	struct trait_topics topics;

	if (trait_topics(proposal->traits, &topics))
		return append_rows(ledger, proposal, &topics, data);
	return ledger_append(
		ledger, channel, proposal->type, proposal->traits, data);
}

/* Stores what is not there yet; true if that was anything, or ran into
 * trouble. */
static bool store_new(struct ledger *ledger, const struct proposal *proposal)
{
	struct channel *channel = NULL;

	for (uint32_t i = 0; i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];

		if (item->id != 0)
			continue;
		if (channel == NULL)
			channel = channel_get(
				&ledger->channels, proposal->channel);
		item->id = append(ledger, proposal, channel, item->data);
		if (item->id == 0)
			return true;
		labels_add(&ledger->log.labels, proposal->traits, item->id);
		if (item->key.len > 0)
			keys_add(&ledger->keys, channel, item->key,
				item->digest, item->id, ledger->log.at);
	}
	return channel != NULL;
}

static void note_receipt(struct ledger *ledger, const struct proposal *proposal,
	const struct ack *ack)
{
	const struct receipt receipt = {
		proposal->number, ack->first, ack->last};

	if (proposal->publisher != NULL)
		receipt_draft(&ledger->receipts, proposal->publisher, &receipt);
}

static void apply(
	struct ledger *ledger, const struct proposal *proposal, struct ack *ack)
{
	ack->outcome = WIRE_OUT_REPEATED;
	if (store_new(ledger, proposal))
		ack->outcome = WIRE_OUT_STORED;
	/* The whole transaction will fail, and say so. */
	if (ledger->store.trouble != DB_DONE || proposal->count == 0)
		return;
	ack->first = proposal->items[0].id;
	ack->last = proposal->items[proposal->count - 1].id;
	if (ack->outcome == WIRE_OUT_STORED)
		note_receipt(ledger, proposal, ack);
}

static void move_cursor(
	const struct ledger *ledger, const struct order_cursor *cursor)
{
	if (cursor->at == NULL || ledger->store.trouble != DB_DONE)
		return;
	assert(*cursor->at == cursor->from);
	*cursor->at = cursor->to;
}

static void propose_here(
	struct ledger *ledger, const struct proposal *proposal, struct ack *ack)
{
	bool begun;

	/* Outside of a transaction each look would take the file's locks. */
	begun = ledger_begin(ledger);
	if (!look_for_keys(ledger, proposal)) {
		ack->outcome = WIRE_OUT_CONFLICT;
		ack->reason = "this key was used for other content";
	} else if (begun) {
		apply(ledger, proposal, ack);
	} else {
		ledger_refuse(ledger, ack);
		return;
	}
	move_cursor(ledger, &proposal->cursor);
}

bool order_propose(
	struct ledger *ledger, const struct proposal *proposal, struct ack *ack)
{
	const struct order *order = ledger->order;

	if (has_receipt(proposal, ack))
		return true;
	if (order != NULL)
		return order->propose(order->arg, proposal, ack);
	propose_here(ledger, proposal, ack);
	return true;
}

/* ---- an order that is shared */

void order_forget(const struct ledger *ledger, const void *peer)
{
	if (ledger->order != NULL)
		ledger->order->forget(ledger->order->arg, peer);
}

void order_look(const struct ledger *ledger, struct order_look *look)
{
	list_init(&look->among);
	look->answered = false;
	ledger->order->look(ledger->order->arg, look);
}

void order_unlook(struct order_look *look)
{
	list_remove(&look->among);
}

bool order_has_reached(
	const struct ledger *ledger, const struct order_look *look)
{
	return look->answered && ledger->log.committed >= look->last;
}
