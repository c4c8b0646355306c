#include <config.h>

#include "fcgi/audience.h"

#include <assert.h>
#include <ev.h>
#include <stdlib.h>

#include "fcgi/channel.h"
#include "fcgi/parcel.h"
#include "fcgi/parcels.h"
#include "fcgi/report.h"
#include "fcgi/responder.h"
#include "fcgi/subscriber.h"
#include "lib/buf.h"
#include "lib/config.h"

struct audience {
	struct responder *responder;
	struct channels *channels;
	struct parcels *parcels;
	struct report report; /* to the hub, of who listens to what */
	struct ev_timer tick;
	struct node *beats; /* a list of subscribers for each second */
	uint32_t interval;  /* seconds, also the number of lists */
	uint32_t second;
	uint32_t next_list; /* where the next subscriber goes */
	size_t count;
};

static void tick(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct audience *audience = timer->data;
	struct node *list;
	struct node waiting;

	(void)loop;
	(void)events;
	audience->second++;
	list = &audience->beats[audience->second % audience->interval];
	list_init(&waiting);
	list_move(&waiting, list);
	while (!list_empty(&waiting)) {
		struct subscriber *sub =
			list_entry(waiting.next, struct subscriber, beat);

		list_remove(&sub->beat);
		list_append(list, &sub->beat);
		subscriber_beat(sub);
	}
}

struct audience *audience_new(struct responder *responder)
{
	struct audience *audience = mem_new(sizeof(*audience));
	uint64_t seconds = responder->config->keepalive_ms / 1000;

	audience->responder = responder;
	audience->channels = channels_new();
	report_init(&audience->report, audience->channels);
	audience->interval = seconds > 0 ? (uint32_t)seconds : 1;
	audience->beats =
		mem_new(audience->interval * sizeof(*audience->beats));
	for (uint32_t i = 0; i < audience->interval; i++)
		list_init(&audience->beats[i]);
	ev_timer_init(&audience->tick, tick, 1., 1.);
	audience->tick.data = audience;
	ev_timer_start(responder->loop, &audience->tick);
	return audience;
}

void audience_free(struct audience *audience)
{
	if (audience == NULL)
		return;
	assert(audience->count == 0);
	ev_timer_stop(audience->responder->loop, &audience->tick);
	parcels_free(audience->parcels);
	channels_free(audience->channels);
	free(audience->beats);
	free(audience);
}

void audience_join(struct audience *audience, struct subscriber *sub,
	const struct span *names)
{
	for (uint16_t i = 0; i < sub->count; i++) {
		struct seat *seat = &sub->seats[i];

		seat->sub = sub;
		seat->channel = channel_get(audience->channels, names[i]);
		seat->channel->subscribers++;
		list_init(&seat->node);
		list_append(&seat->channel->seats, &seat->node);
		report_note(&audience->report, seat->channel);
	}
	sub->wrote = audience->second;
	list_append(&audience->beats[audience->next_list], &sub->beat);
	audience->next_list = (audience->next_list + 1) % audience->interval;
	audience->count++;
}

void audience_leave(struct audience *audience, struct subscriber *sub)
{
	for (uint16_t i = 0; i < sub->count; i++) {
		struct seat *seat = &sub->seats[i];

		list_remove(&seat->node);
		seat->channel->subscribers--;
		report_note(&audience->report, seat->channel);
	}
	list_remove(&sub->beat);
	audience->count--;
}

struct report *audience_report(struct audience *audience)
{
	return &audience->report;
}

size_t audience_count(const struct audience *audience)
{
	return audience->count;
}

uint32_t audience_second(const struct audience *audience)
{
	return audience->second;
}

struct channels *audience_channels(struct audience *audience)
{
	return audience->channels;
}

struct parcels *audience_parcels(struct audience *audience)
{
	if (audience->parcels == NULL)
		audience->parcels = parcels_new(audience->responder->window);
	return audience->parcels;
}

void audience_each(struct audience *audience,
	void (*visit)(void *arg, struct subscriber *sub), void *arg)
{
	for (uint32_t i = 0; i < audience->interval; i++) {
		struct node *list = &audience->beats[i];
		struct node *node = list->next;

		while (node != list) {
			struct subscriber *sub =
				list_entry(node, struct subscriber, beat);

			node = node->next;
			visit(arg, sub);
		}
	}
}
