/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/topic.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/search.h"

enum { FIRST_HELD = 4 };

struct topics {
	struct table table;
};

static struct topic *channel_of(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct topic, node);
}

static struct span key_of(const struct table_node *node)
{
	return topic_name(table_entry(node, struct topic, node));
}

struct topics *topics_new(void)
{
	struct topics *topics = mem_new(sizeof(*topics));

	table_init(&topics->table, key_of, NULL);
	return topics;
}

static void forget(struct topic *topic)
{
	free(topic->held);
	free(topic);
}

void topics_free(struct topics *topics)
{
	struct table_node *node, *next;

	if (topics == NULL)
		return;
	for (node = table_first(&topics->table); node != NULL; node = next) {
		next = table_next(&topics->table, node);
		forget(channel_of(node));
	}
	table_release(&topics->table);
	free(topics);
}

struct topic *topic_find(const struct topics *topics, struct span name)
{
	return channel_of(table_find(&topics->table, name));
}

struct topic *topic_get(struct topics *topics, struct span name)
{
	struct topic *topic = topic_find(topics, name);

	assert(name.len >= 1 && name.len <= 255);
	if (topic != NULL)
		return topic;
	topic = mem_new(sizeof(*topic) + name.len);
	topic->name_len = (uint8_t)name.len;
	memcpy(topic->name, name.at, name.len);
	list_init(&topic->memberships);
	list_init(&topic->report);
	table_add(&topics->table, &topic->node);
	return topic;
}

void topic_tidy(struct topics *topics, struct topic *topic)
{
	if (topic->count > 0 || topic->subscribers > 0 || topic->due ||
		list_linked(&topic->report))
		return;
	table_remove(&topics->table, &topic->node);
	forget(topic);
}

static void widen(struct topic *topic)
{
	uint32_t size = topic->size == 0 ? FIRST_HELD : topic->size * 2;
	uint64_t *held = mem_new(size * sizeof(*held));

	for (uint32_t i = 0; i < topic->count; i++)
		held[i] = topic_at(topic, i);
	free(topic->held);
	topic->held = held;
	topic->head = 0;
	topic->size = size;
}

void topic_push(struct topic *topic, uint64_t position)
{
	if (topic->count == topic->size)
		widen(topic);
	topic->held[(topic->head + topic->count) & (topic->size - 1)] =
		position;
	topic->count++;
}

void topic_evict(struct topic *topic, uint64_t position)
{
	assert(topic->count > 0 && topic_at(topic, 0) == position);
	topic->head = (topic->head + 1) & (topic->size - 1);
	topic->count--;
	topic->evicted = position;
	if (topic->count == 0) {
		free(topic->held);
		topic->held = NULL;
		topic->size = topic->head = 0;
	}
}

static uint64_t position_at(const void *of, uint64_t index)
{
	return topic_at(of, (uint32_t)index);
}

uint32_t topic_after(const struct topic *topic, uint64_t position)
{
	uint32_t count = topic->count;

	uint32_t low = 0, high = count;

	/* Nearly everybody is at the end, or a few events before it. */
	for (uint32_t step = 1; step <= high; step *= 2) {
		if (topic_at(topic, high - step) <= position) {
			low = high - step + 1;
			break;
		}
		high -= step;
	}
	return (uint32_t)search_above(low, high, position_at, topic, position);
}
