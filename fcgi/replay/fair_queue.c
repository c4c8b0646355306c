/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/fair_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/table.h"

struct fair_client {
	struct table_node node; /* by `who` */
	struct node turn;	/* in the queue's */
	struct node places;
	struct fair_queue *queue;
	const void *who;
};

struct fair_queue {
	struct table clients;
	struct node turns;
};

static struct span key_of(const struct table_node *node)
{
	const struct fair_client *client =
		table_entry(node, struct fair_client, node);

	return span((const char *)&client->who, sizeof(client->who));
}

struct fair_queue *fair_queue_new(void)
{
	struct fair_queue *queue = mem_new(sizeof(*queue));

	table_init(&queue->clients, key_of, NULL);
	list_init(&queue->turns);
	return queue;
}

void fair_queue_free(struct fair_queue *queue)
{
	if (queue == NULL)
		return;
	assert(queue->clients.count == 0);
	table_release(&queue->clients);
	free(queue);
}

void fair_place_init(struct fair_place *place)
{
	list_init(&place->node);
	place->client = NULL;
}

static struct fair_client *client_of(struct fair_queue *queue, const void *who)
{
	struct table_node *known = table_find(
		&queue->clients, span((const char *)&who, sizeof(who)));
	struct fair_client *client;

	if (known != NULL)
		return table_entry(known, struct fair_client, node);
	client = mem_new(sizeof(*client));
	client->queue = queue;
	client->who = who;
	list_init(&client->places);
	list_init(&client->turn);
	table_add(&queue->clients, &client->node);
	list_append(&queue->turns, &client->turn);
	return client;
}

void fair_queue_add(
	struct fair_queue *queue, struct fair_place *place, const void *who)
{
	assert(place->client == NULL);
	place->client = client_of(queue, who);
	list_append(&place->client->places, &place->node);
}

void fair_queue_remove(struct fair_place *place)
{
	struct fair_client *client = place->client;

	if (client == NULL)
		return;
	list_remove(&place->node);
	place->client = NULL;
	if (!list_empty(&client->places))
		return;
	list_remove(&client->turn);
	table_remove(&client->queue->clients, &client->node);
	free(client);
}

struct fair_place *fair_queue_take(struct fair_queue *queue)
{
	struct fair_client *client;
	struct fair_place *place;

	if (list_empty(&queue->turns))
		return NULL;
	client = list_entry(queue->turns.next, struct fair_client, turn);
	list_remove(&client->turn);
	list_append(&queue->turns, &client->turn);
	place = list_entry(client->places.next, struct fair_place, node);
	fair_queue_remove(place);
	return place;
}

bool fair_queue_is_empty(const struct fair_queue *queue)
{
	return list_empty(&queue->turns);
}
