/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/fair_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/table.h"

struct fair_visitor {
	struct table_node node; /* by `who` */
	struct node turn;	/* in the queue's */
	struct node places;
	struct fair_queue *queue;
	const void *who;
};

struct fair_queue {
	struct table visitors;
	struct node turns;
};

static struct span key_of(const struct table_node *node)
{
	const struct fair_visitor *visitor =
		table_entry(node, struct fair_visitor, node);

	return span((const char *)&visitor->who, sizeof(visitor->who));
}

struct fair_queue *fair_queue_new(void)
{
	struct fair_queue *queue = mem_new(sizeof(*queue));

	table_init(&queue->visitors, key_of, NULL);
	list_init(&queue->turns);
	return queue;
}

void fair_queue_free(struct fair_queue *queue)
{
	if (queue == NULL)
		return;
	assert(queue->visitors.count == 0);
	table_release(&queue->visitors);
	free(queue);
}

void fair_place_init(struct fair_place *place)
{
	list_init(&place->node);
	place->visitor = NULL;
}

static struct fair_visitor *visitor_of(
	struct fair_queue *queue, const void *who)
{
	struct table_node *known = table_find(
		&queue->visitors, span((const char *)&who, sizeof(who)));
	struct fair_visitor *visitor;

	if (known != NULL)
		return table_entry(known, struct fair_visitor, node);
	visitor = mem_new(sizeof(*visitor));
	visitor->queue = queue;
	visitor->who = who;
	list_init(&visitor->places);
	list_init(&visitor->turn);
	table_add(&queue->visitors, &visitor->node);
	list_append(&queue->turns, &visitor->turn);
	return visitor;
}

void fair_queue_add(
	struct fair_queue *queue, struct fair_place *place, const void *who)
{
	assert(place->visitor == NULL);
	place->visitor = visitor_of(queue, who);
	list_append(&place->visitor->places, &place->node);
}

void fair_queue_remove(struct fair_place *place)
{
	struct fair_visitor *visitor = place->visitor;

	if (visitor == NULL)
		return;
	list_remove(&place->node);
	place->visitor = NULL;
	if (!list_empty(&visitor->places))
		return;
	list_remove(&visitor->turn);
	table_remove(&visitor->queue->visitors, &visitor->node);
	free(visitor);
}

struct fair_place *fair_queue_take(struct fair_queue *queue)
{
	struct fair_visitor *visitor;
	struct fair_place *place;

	if (list_empty(&queue->turns))
		return NULL;
	visitor = list_entry(queue->turns.next, struct fair_visitor, turn);
	list_remove(&visitor->turn);
	list_append(&queue->turns, &visitor->turn);
	place = list_entry(visitor->places.next, struct fair_place, node);
	fair_queue_remove(place);
	return place;
}

bool fair_queue_is_empty(const struct fair_queue *queue)
{
	return list_empty(&queue->turns);
}
