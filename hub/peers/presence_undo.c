/* SPDX-License-Identifier: MIT */
/*
 * presence_undo - who is there, where the order is shared and has forgotten
 * some of what it said (presence.h)
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log/origin.h"
#include "hub/peers/present.h"

/* Whoever is told of by the events that leave the log: he was there before them
 * if the first one tells of his leaving. */
struct undone {
	struct table_node by_subscriber;
	struct node node;
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
	uint8_t hub[ORIGIN_HUB];
	bool left, open;
	uint64_t id, since;
	struct buf said;   /* str16 user, str16 payload */
	struct buf topics; /* count x str16, of the events from `id` on */
	uint16_t count;
};

struct undoing {
	struct presence *presence;
	struct table all;
	struct node in_order;
};

static struct span undone_key(const struct table_node *node)
{
	/* It is the first member. */
	const struct undone *undone = (const void *)node;

	return span((const char *)undone->subscriber, ACTIVE_SUBSCRIBER);
}

static struct undone *undone_new(
	struct undoing *undoing, const struct active *active, uint64_t id)
{
	struct undone *undone = mem_new(sizeof(*undone));

	memcpy(undone->subscriber, active->subscriber, ACTIVE_SUBSCRIBER);
	undone->left = !active->here;
	undone->open = active->open;
	undone->id = id;
	undone->since = active->since;
	wire_put_str16(&undone->said, active->user);
	wire_put_str16(&undone->said, active->payload);
	list_init(&undone->node);
	list_append(&undoing->in_order, &undone->node);
	table_add(&undoing->all, &undone->by_subscriber);
	return undone;
}

static void undo(struct undoing *undoing, const struct wire_event *event)
{
	struct active active;
	struct origin origin = {0};
	struct table_node *node;
	struct undone *undone;

	if (!span_is(event->channel, ACTIVE_CHANNEL) ||
		!active_get(event->traits, &active))
		return;
	node = table_find(&undoing->all,
		span((const char *)active.subscriber, ACTIVE_SUBSCRIBER));
	undone = node == NULL ? undone_new(undoing, &active, event->id)
			      : table_entry(node, struct undone, by_subscriber);
	if (!undone->left || active.here ||
		event->id != undone->id + undone->count)
		return;
	origin_find(event->traits, &origin);
	memcpy(undone->hub, origin.hub, ORIGIN_HUB);
	wire_put_str16(&undone->topics, active.topic);
	undone->count++;
}

/* He is there again, until it is told that he has left. */
static void bring_back(struct presence *presence, const struct undone *undone)
{
	struct wire_in said = wire_in(buf_span(&undone->said));
	struct active active = {.open = undone->open,
		.subscriber = undone->subscriber,
		.since = undone->since};

	active.user = wire_get_str16(&said);
	active.payload = wire_get_str16(&said);
	presence_told_came(presence, &active, undone->hub,
		buf_span(&undone->topics), undone->count, undone->id);
}

static void end_undoing(struct undoing *undoing)
{
	while (!list_empty(&undoing->in_order)) {
		struct undone *undone =
			list_entry(undoing->in_order.next, struct undone, node);

		if (undone->count > 0)
			bring_back(undoing->presence, undone);
		list_remove(&undone->node);
		buf_release(&undone->said);
		buf_release(&undone->topics);
		free(undone);
	}
	table_release(&undoing->all);
}

void presence_forgot(struct presence *presence, uint64_t last)
{
	struct undoing undoing = {.presence = presence};
	struct eventlog *log = &presence->ledger->log;
	struct wire_event event;
	enum eventlog_found found;

	presence_told_nothing(presence, last);
	table_init(&undoing.all, undone_key, NULL);
	list_init(&undoing.in_order);
	eventlog_read(log, last, log->newest);
	do {
		found = eventlog_next(log, last, &event);
		if (found == EVENTLOG_EVENT)
			undo(&undoing, &event);
	} while (found != EVENTLOG_END);
	eventlog_rest(log);
	end_undoing(&undoing);
}
