/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/topic.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/patterns.h"
#include "lib/buf.h"
#include "lib/event/selector.h"
#include "lib/search.h"

enum { FIRST_HELD = 4 };

struct topics {
	struct table table;   /* of channels, by name */
	struct table by_text; /* of patterns */
	struct patterns patterns;
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
	table_init(&topics->by_text, key_of, NULL);
	patterns_init(&topics->patterns);
	return topics;
}

static void forget(struct topic *topic)
{
	selector_free(topic->selector);
	free(topic->matched);
	free(topic->held);
	free(topic);
}

static void forget_all(struct table *table)
{
	struct table_node *node, *next;

	for (node = table_first(table); node != NULL; node = next) {
		next = table_next(table, node);
		forget(channel_of(node));
	}
	table_release(table);
}

void topics_free(struct topics *topics)
{
	if (topics == NULL)
		return;
	forget_all(&topics->table);
	forget_all(&topics->by_text);
	patterns_release(&topics->patterns);
	free(topics);
}

struct topic *topic_find(const struct topics *topics, struct span name)
{
	return channel_of(table_find(&topics->table, name));
}

static struct topic *make(
	struct table *table, enum selector_kind kind, struct span name)
{
	struct topic *topic = mem_new(sizeof(*topic) + name.len + 1);

	topic->name_len = (uint16_t)name.len;
	topic->key[0] = (char)kind;
	memcpy(topic->key + 1, name.at, name.len);
	list_init(&topic->memberships);
	list_init(&topic->report);
	table_add(table, &topic->node);
	return topic;
}

struct topic *topic_get(struct topics *topics, struct span name)
{
	struct topic *topic = topic_find(topics, name);

	assert(name.len >= 1 && name.len <= 255);
	if (topic != NULL)
		return topic;
	return make(&topics->table, SELECTOR_EXACT, name);
}

struct topic *topic_find_pattern(const struct topics *topics, struct span text)
{
	return channel_of(table_find(&topics->by_text, text));
}

struct topic *topic_get_pattern(struct topics *topics, struct span text)
{
	struct topic *topic = topic_find_pattern(topics, text);

	if (topic != NULL)
		return topic;
	topic = make(&topics->by_text, selector_kind(text), text);
	topic->selector = selector_new(text);
	patterns_add(&topics->patterns, topic);
	return topic;
}

struct patterns *topics_patterns(const struct topics *topics)
{
	return (struct patterns *)(uintptr_t)&topics->patterns;
}

struct topic *topics_first(const struct topics *topics)
{
	return channel_of(table_first(&topics->table));
}

struct topic *topics_next(
	const struct topics *topics, const struct topic *topic)
{
	return channel_of(table_next(&topics->table, &topic->node));
}

static void tidy_pattern(struct topics *topics, struct topic *topic)
{
	if (topic->subscribers > 0 || topic->due)
		return;
	patterns_remove(&topics->patterns, topic);
	table_remove(&topics->by_text, &topic->node);
	forget(topic);
}

void topic_tidy(struct topics *topics, struct topic *topic)
{
	if (topic_is_pattern(topic)) {
		tidy_pattern(topics, topic);
		return;
	}
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
