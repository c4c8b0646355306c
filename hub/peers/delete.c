/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/delete.h"

#include "hub/log/order.h"
#include "lib/event/scope.h"
#include "lib/event/traits.h"
#include "lib/text.h"

struct request {
	uint64_t number, answered;
	struct span channel;
	uint64_t id; /* 0 = all of it */
	bool anywhere;
	struct scope *scope; /* held */
};

static bool get_request(
	struct request *request, struct ledger *ledger, struct wire_in *in)
{
	request->number = wire_get_u64(in);
	request->answered = wire_get_u64(in);
	request->channel = wire_get_str16(in);
	request->id = wire_get_u64(in);
	request->anywhere = wire_get_u8(in) != 0;
	request->scope = sights_read(&ledger->channels.sights, in);
	return wire_done(in);
}

/* ---- what is to go */

static bool may(const struct request *request, struct span channel)
{
	return request->anywhere || scope_has(request->scope, channel);
}

/* True if the publish is on the channel that was named; *all = false if there
 * is one of its channels that the request may not publish on. */
static bool is_on(
	const struct request *request, const struct erasable *found, bool *all)
{
	struct trait_topics topics;
	bool is = false;

	if (!trait_topics(found->traits, &topics))
		return span_equal(found->channel, request->channel);
	while (topics.names.len > 0) {
		struct span name = trait_next_topic(&topics.names);

		is = is || span_equal(name, request->channel);
		*all = *all && may(request, name);
	}
	return is;
}

/* Each returns WIRE_OUT_STORED if there is something to delete. */
static enum wire_outcome find_event(struct ledger *ledger,
	const struct request *request, struct erasure *erasure)
{
	struct erasable found = {0};
	struct buf texts = {0};
	bool all = true, is;

	/* Another machine may have it. */
	if (ledger->order != NULL && request->id > ledger->log.committed)
		return WIRE_OUT_BEHIND;
	is = erasures_find(&ledger->erasures, request->id, &texts, &found) &&
	     is_on(request, &found, &all);
	*erasure = found.erasure;
	buf_release(&texts);
	if (!is)
		return WIRE_OUT_NOTHING;
	return all ? WIRE_OUT_STORED : WIRE_OUT_DENIED;
}

static enum wire_outcome find_channel(const struct ledger *ledger,
	const struct request *request, struct erasure *erasure)
{
	const struct channel *channel =
		channel_find(&ledger->channels, request->channel);

	*erasure = (struct erasure){.channel = request->channel};
	return channel == NULL || channel->events == 0 ? WIRE_OUT_NOTHING
						       : WIRE_OUT_STORED;
}

static enum wire_outcome find(struct ledger *ledger,
	const struct request *request, struct erasure *erasure)
{
	if (!may(request, request->channel))
		return WIRE_OUT_DENIED;
	return request->id != 0 ? find_event(ledger, request, erasure)
				: find_channel(ledger, request, erasure);
}

/* ---- what becomes of it */

/* False if the ack will come by itself. */
static bool propose(struct ledger *ledger, struct publisher *publisher,
	const struct request *request, const struct erasure *erasure,
	struct ack *ack)
{
	struct buf traits = {0};
	struct proposed item = {0};
	struct proposal proposal = {
		.channel = span_of(ERASURE_CHANNEL),
		.items = &item,
		.count = 1,
		.publisher = publisher,
		.number = request->number,
	};
	bool decided;

	erasure_put(&traits, erasure);
	proposal.traits = buf_span(&traits);
	decided = order_propose(ledger, &proposal, ack);
	buf_release(&traits);
	return decided;
}

/* One whose answer was lost comes again, when there is nothing left. */
static bool was_done(struct ledger *ledger, const struct publisher *publisher,
	uint64_t number, struct ack *ack)
{
	struct receipt receipt;
	uint64_t id;

	if (publisher_look(publisher, number, &receipt))
		id = receipt.last;
	else if (ledger->order == NULL || !erasures_find_done(&ledger->erasures,
						  publisher->name, number, &id))
		return false;
	ack->outcome = WIRE_OUT_STORED;
	ack->first = ack->last = id;
	return true;
}

/* Likewise. */
static bool decide(struct ledger *ledger, struct publisher *publisher,
	const struct request *request, struct ack *ack)
{
	struct erasure erasure = {0};

	ack->outcome = WIRE_OUT_INVALID;
	ack->reason = order_channel_fault(request->channel);
	if (ack->reason == NULL)
		ack->reason = text_topic_fault(request->channel);
	if (ack->reason != NULL)
		return true;
	if (was_done(ledger, publisher, request->number, ack))
		return true;
	ack->outcome = find(ledger, request, &erasure);
	if (ack->outcome != WIRE_OUT_STORED)
		return true;
	return propose(ledger, publisher, request, &erasure, ack);
}

bool delete_take(struct ledger *ledger, struct peer *peer, struct wire_in *in)
{
	struct request request;
	bool good = get_request(&request, ledger, in);

	if (good) {
		struct ack ack = {.peer = peer, .number = request.number};
		bool decided = decide(ledger, peer->publisher, &request, &ack);

		publisher_seen(
			peer->publisher, request.number, request.answered);
		if (decided)
			ledger_ack(ledger, &ack);
	}
	scope_drop(request.scope);
	return good;
}
