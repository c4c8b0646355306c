/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/uplink/publishes.h"

#include <stdlib.h>

#include "lib/event/scope.h"

struct publish {
	struct call call; /* `number` is the publish's */
	struct publishes *publishes;
	uplink_stored *answer;
	void *arg;
	struct node kept; /* in the list of those, until it is sent */
	uint32_t events;
	bool is_admitted; /* it counts among those that wait */
	bool is_ahead;	  /* it is long, and sent */
};

struct publishes {
	const struct clock *clock;
	struct hub_sender sender;
	struct node waiting; /* by number */
	struct node kept;    /* some of them: long ones, not sent yet */
	struct node refused; /* beyond the limit: never sent */
	uint64_t number;
	size_t count;		  /* of both */
	size_t bytes, long_bytes; /* of their frames, and of long ones */
	size_t ahead_bytes, ahead_events; /* of those that are ahead */
};

struct publishes *publishes_new(
	const struct clock *clock, const struct hub_sender *sender)
{
	struct publishes *publishes = mem_new(sizeof(*publishes));

	publishes->clock = clock;
	publishes->sender = *sender;
	list_init(&publishes->waiting);
	list_init(&publishes->kept);
	list_init(&publishes->refused);
	return publishes;
}

static struct publish *publish_of(struct node *node)
{
	struct call *call = list_entry(node, struct call, node);

	return list_entry(call, struct publish, call);
}

static bool is_long(const struct publish *publish)
{
	return publish->call.frame.len > UPLINK_SHORT;
}

/* ---- its frame */

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

static void put_delete(struct buf *out, const struct publishes *publishes,
	uint64_t number, const struct deletion *deletion)
{
	size_t begun = wire_begin(out, WIRE_DELETE);

	wire_put_u64(out, number);
	wire_put_u64(out, answered(publishes));
	wire_put_str16(out, deletion->channel);
	wire_put_u64(out, deletion->id);
	wire_put_u8(out, deletion->anywhere);
	scope_put(deletion->scope, out);
	wire_end(out, begun);
}

/* ---- what waits */

/* Takes the frame's place among those that wait; false if there is none. */
static bool admit(struct publishes *publishes, struct publish *publish)
{
	size_t len = publish->call.frame.len;
	size_t long_len = is_long(publish) ? len : 0;

	if (publishes->count >= UPLINK_WAITING_MAX ||
		publishes->bytes + len > UPLINK_WAITING_BYTES ||
		publishes->long_bytes + long_len > UPLINK_LONG_BYTES)
		return false;
	publish->is_admitted = true;
	publishes->count++;
	publishes->bytes += len;
	publishes->long_bytes += long_len;
	return true;
}

static void leave(struct publishes *publishes, const struct publish *publish)
{
	size_t len = publish->call.frame.len;

	publishes->count--;
	publishes->bytes -= len;
	if (is_long(publish))
		publishes->long_bytes -= len;
	if (publish->is_ahead) {
		publishes->ahead_bytes -= len;
		publishes->ahead_events -= publish->events;
	}
}

static void publish_free(struct publish *publish)
{
	if (publish->is_admitted)
		leave(publish->publishes, publish);
	list_remove(&publish->kept);
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

/* ---- what is sent when */

static void send_one(struct publishes *publishes, struct publish *publish)
{
	publishes->sender.send(
		publishes->sender.owner, buf_span(&publish->call.frame));
}

/* It is the first that is ahead, or there is room for it beside the others. */
static bool may_go_ahead(
	const struct publishes *publishes, const struct publish *publish)
{
	return publishes->ahead_bytes == 0 ||
	       (publishes->ahead_bytes + publish->call.frame.len <=
			       UPLINK_AHEAD_BYTES &&
		       publishes->ahead_events + publish->events <=
			       UPLINK_AHEAD_EVENTS);
}

static void send_kept(struct publishes *publishes)
{
	while (!list_empty(&publishes->kept)) {
		struct publish *publish =
			list_entry(publishes->kept.next, struct publish, kept);

		if (!may_go_ahead(publishes, publish))
			return;
		list_remove(&publish->kept);
		publish->is_ahead = true;
		publishes->ahead_bytes += publish->call.frame.len;
		publishes->ahead_events += publish->events;
		send_one(publishes, publish);
	}
}

static void send_in_time(struct publishes *publishes, struct publish *publish)
{
	if (is_long(publish)) {
		list_append(&publishes->kept, &publish->kept);
		send_kept(publishes);
	} else {
		send_one(publishes, publish);
	}
}

/* ---- what comes of it */

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

static struct publish *publish_new(
	struct publishes *publishes, uplink_stored *answer, void *arg)
{
	struct publish *publish = mem_new(sizeof(*publish));

	call_init(&publish->call, publishes->clock, publishes->number + 1,
		on_away);
	publish->publishes = publishes;
	publish->answer = answer;
	publish->arg = arg;
	list_init(&publish->kept);
	return publish;
}

/* It has its frame; it is sent by `send`, now or later. */
static void ask(struct publishes *publishes, struct publish *publish,
	void (*send)(struct publishes *publishes, struct publish *publish))
{
	struct call *call = &publish->call;

	if (!admit(publishes, publish)) {
		/* Answered "away" at the next look, never from here. */
		buf_release(&call->frame);
		call->deadline = 0;
		list_append(&publishes->refused, &call->node);
	} else {
		publishes->number++;
		list_append(&publishes->waiting, &call->node);
		send(publishes, publish);
	}
}

struct call *publishes_add(struct publishes *publishes,
	const struct publication *publication, uplink_stored *answer, void *arg)
{
	struct publish *publish = publish_new(publishes, answer, arg);
	struct call *call = &publish->call;

	publish->events = publication->count;
	put_publish(&call->frame, publishes, call->number, publication);
	ask(publishes, publish,
		publication->is_volatile ? send_one : send_in_time);
	if (!publication->is_volatile)
		return call;
	publish_free(publish);
	return NULL;
}

struct call *publishes_delete(struct publishes *publishes,
	const struct deletion *deletion, uplink_stored *answer, void *arg)
{
	struct publish *publish = publish_new(publishes, answer, arg);
	struct call *call = &publish->call;

	put_delete(&call->frame, publishes, call->number, deletion);
	ask(publishes, publish, send_in_time);
	return call;
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
	if (!wire_done(in) || outcome.outcome > WIRE_OUT_DENIED)
		return false;
	call = number == 0 ? NULL : calls_find(&publishes->waiting, number);
	if (call != NULL)
		stored(list_entry(call, struct publish, call), &outcome);
	send_kept(publishes);
	return true;
}

void publishes_send(struct publishes *publishes)
{
	struct node *node = publishes->waiting.next;

	for (; node != &publishes->waiting; node = node->next) {
		struct publish *publish = publish_of(node);

		if (publish->is_ahead || !is_long(publish))
			send_one(publishes, publish);
	}
}

void publishes_expire(struct publishes *publishes, uint64_t now)
{
	calls_expire(&publishes->waiting, now);
	calls_expire(&publishes->refused, now);
	send_kept(publishes);
}
