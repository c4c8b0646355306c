/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/uplink/publishes.h"

#include <stdlib.h>

struct publish {
	struct call call; /* `number` is the publish's */
	struct publishes *publishes;
	uplink_stored *answer;
	void *arg;
};

struct publishes {
	const struct clock *clock;
	struct hub_sender sender;
	struct node waiting; /* by number */
	struct node refused; /* beyond the limit: never sent */
	uint64_t number;
	size_t count; /* of both */
	size_t bytes; /* of their frames */
};

struct publishes *publishes_new(
	const struct clock *clock, const struct hub_sender *sender)
{
	struct publishes *publishes = mem_new(sizeof(*publishes));

	publishes->clock = clock;
	publishes->sender = *sender;
	list_init(&publishes->waiting);
	list_init(&publishes->refused);
	return publishes;
}

static struct publish *publish_of(struct node *node)
{
	struct call *call = list_entry(node, struct call, node);

	return list_entry(call, struct publish, call);
}

static void publish_free(struct publish *publish)
{
	publish->publishes->count--;
	publish->publishes->bytes -= publish->call.frame.len;
	call_release(&publish->call);
	free(publish);
}

static void free_all(struct node *list)
{
	while (!list_empty(list))
		publish_free(publish_of(list->next));
}

void publishes_free(struct publishes *publishes)
{
	if (publishes == NULL)
		return;
	free_all(&publishes->waiting);
	free_all(&publishes->refused);
	free(publishes);
}

/* ---- asking */

static uint64_t answered(const struct publishes *publishes)
{
	if (list_empty(&publishes->waiting))
		return publishes->number;
	return publish_of(publishes->waiting.next)->call.number - 1;
}

static uint8_t flags_of(const struct publication *publication)
{
	return (publication->is_volatile ? WIRE_VOLATILE : 0) |
	       (publication->is_brief ? WIRE_BRIEF : 0);
}

static void put_publish(struct buf *out, const struct publishes *publishes,
	uint64_t number, const struct publication *publication)
{
	size_t begun = wire_begin(out, WIRE_PUBLISH);

	wire_put_u64(out, number);
	wire_put_u64(out, answered(publishes));
	wire_put_u8(out, flags_of(publication));
	wire_put_str16(out, publication->channel);
	wire_put_str8(out, publication->type);
	wire_put_str16(out, publication->traits);
	wire_put_u32(out, publication->count);
	for (uint32_t i = 0; i < publication->count; i++) {
		const struct item *item = &publication->items[i];

		wire_put_str8(out, item->key);
		if (item->key.len > 0) {
			wire_put_u64(out, item->digest.high);
			wire_put_u64(out, item->digest.low);
		}
		wire_put_blob(out, item->data);
	}
	wire_end(out, begun);
}

/* Takes the frame's place among those that wait; false if there is none. */
static bool admit(struct publishes *publishes, const struct buf *frame)
{
	publishes->count++;
	publishes->bytes += frame->len;
	return publishes->count <= UPLINK_WAITING_MAX &&
	       (publishes->bytes <= UPLINK_WAITING_BYTES ||
		       publishes->bytes == frame->len);
}

static void stored(struct publish *publish, const struct stored *outcome)
{
	if (!publish->call.forgotten)
		publish->answer(publish->arg, outcome);
	publish_free(publish);
}

static void on_away(struct call *call)
{
	static const struct stored away = {.away = true};

	stored(list_entry(call, struct publish, call), &away);
}

struct call *publishes_add(struct publishes *publishes,
	const struct publication *publication, uplink_stored *answer, void *arg)
{
	struct publish *publish = mem_new(sizeof(*publish));
	struct call *call = &publish->call;

	call_init(call, publishes->clock, publishes->number + 1, on_away);
	publish->publishes = publishes;
	publish->answer = answer;
	publish->arg = arg;
	put_publish(&call->frame, publishes, call->number, publication);
	if (!admit(publishes, &call->frame)) {
		/* Answered "away" at the next look, never from here. */
		call->deadline = 0;
		list_append(&publishes->refused, &call->node);
	} else {
		publishes->number++;
		publishes->sender.send(
			publishes->sender.owner, buf_span(&call->frame));
		list_append(&publishes->waiting, &call->node);
	}
	if (!publication->is_volatile)
		return call;
	publish_free(publish);
	return NULL;
}

/* ---- answers, and hubs that come and go */

bool publishes_stored(struct publishes *publishes, struct wire_in *in)
{
	uint64_t number = wire_get_u64(in);
	struct stored outcome = {.outcome = wire_get_u8(in)};
	struct call *call;

	outcome.first = wire_get_u64(in);
	outcome.last = wire_get_u64(in);
	outcome.reason = wire_get_str16(in);
	if (!wire_done(in) || outcome.outcome > WIRE_OUT_FAILED)
		return false;
	call = number == 0 ? NULL : calls_find(&publishes->waiting, number);
	if (call != NULL)
		stored(list_entry(call, struct publish, call), &outcome);
	return true;
}

void publishes_send(struct publishes *publishes)
{
	calls_send(&publishes->waiting, &publishes->sender);
}

void publishes_expire(struct publishes *publishes, uint64_t now)
{
	calls_expire(&publishes->waiting, now);
	calls_expire(&publishes->refused, now);
}
