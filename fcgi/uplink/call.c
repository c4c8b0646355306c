/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/uplink/call.h"

#include "lib/clock.h"

void call_init(struct call *call, const struct clock *clock, uint64_t number,
	void (*away)(struct call *call))
{
	*call = (struct call){
		.number = number,
		.deadline = clock_now_us(clock) + UPLINK_DEADLINE_MS * 1000ull,
		.away = away,
	};
	list_init(&call->node);
}

void call_release(struct call *call)
{
	list_remove(&call->node);
	buf_release(&call->frame);
}

void call_forget(struct call *call)
{
	call->forgotten = true;
}

struct call *calls_find(struct node *calls, uint64_t number)
{
	struct node *node = calls->next;

	for (; node != calls; node = node->next) {
		struct call *call = list_entry(node, struct call, node);

		if (call->number == number)
			return call;
	}
	return NULL;
}

void calls_send(struct node *calls, const struct hub_sender *sender)
{
	struct node *node = calls->next;

	for (; node != calls; node = node->next) {
		struct call *call = list_entry(node, struct call, node);

		sender->send(sender->owner, buf_span(&call->frame));
	}
}

void calls_expire(struct node *calls, uint64_t now)
{
	struct node *node = calls->next;

	while (node != calls) {
		struct call *call = list_entry(node, struct call, node);

		node = node->next;
		if (call->deadline <= now)
			call->away(call);
	}
}
