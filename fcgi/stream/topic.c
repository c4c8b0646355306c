/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/topic.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/filter.h"
#include "fcgi/stream/patterns.h"
#include "lib/buf.h"
#include "lib/event/selector.h"
#include "lib/search.h"
#include "lib/text.h"
#include "lib/wire.h"

enum { FIRST_HELD = 4 };

struct topics {
	struct table table;  /* of channels, by name */
	struct table by_key; /* of patterns */
	struct patterns patterns;
};

static struct topic *channel_of(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct topic, node);
}

static struct span name_of(const struct table_node *node)
{
	return topic_name(table_entry(node, struct topic, node));
}

static struct span key_of(const struct table_node *node)
{
	return topic_key(table_entry(node, struct topic, node));
}

struct topics *topics_new(void)
{
	struct topics *topics = mem_new(sizeof(*topics));

	table_init(&topics->table, name_of, NULL);
	table_init(&topics->by_key, key_of, NULL);
	patterns_init(&topics->patterns);
	return topics;
}

static void forget(struct topic *topic)
{
	selector_free(topic->selector);
	filter_free(topic->filter);
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
	forget_all(&topics->by_key);
	patterns_release(&topics->patterns);
	free(topics);
}

struct topic *topic_find(const struct topics *topics, struct span name)
{
	return channel_of(table_find(&topics->table, name));
}

/* ---- keys */

static size_t key_len(const struct topic_pattern *of)
{
	return TOPIC_HEAD + of->text.len + of->types.len;
}

/* As wire.h has it, but channels come and go with events: byte by byte. */
static void write_key(char *to, const struct topic_pattern *of)
{
	to[0] = (char)of->kind;
	to[1] = (char)(of->text.len & 255);
	to[2] = (char)(of->text.len >> 8);
	memcpy(to + TOPIC_HEAD, of->text.at, of->text.len);
	if (of->types.len > 0)
		memcpy(to + TOPIC_HEAD + of->text.len, of->types.at,
			of->types.len);
}

static size_t asked_len(struct span key)
{
	struct wire_in in = wire_in(key);

	wire_get_u8(&in);
	return TOPIC_HEAD + wire_get_str16(&in).len;
}

struct span topic_key_asked(struct span key)
{
	return span(key.at, asked_len(key));
}

struct span topic_key_types(struct span key)
{
	size_t asked = asked_len(key);

	return span(key.at + asked, key.len - asked);
}

/* ---- made, and found */

static struct topic *make(struct table *table, const struct topic_pattern *of)
{
	struct topic *topic = mem_new(sizeof(*topic) + key_len(of));

	topic->name_len = (uint16_t)of->text.len;
	topic->types_len = (uint16_t)of->types.len;
	write_key(topic->key, of);
	list_init(&topic->memberships);
	list_init(&topic->report);
	table_add(table, &topic->node);
	return topic;
}

struct topic *topic_get(struct topics *topics, struct span name)
{
	struct topic *topic = topic_find(topics, name);

	assert(name.len >= 1 && name.len <= TOPIC_MAX);
	if (topic != NULL)
		return topic;
	return make(&topics->table,
		&(struct topic_pattern){SELECTOR_EXACT, name, {0}});
}

struct topic *topic_find_pattern(
	const struct topics *topics, const struct topic_pattern *pattern)
{
	struct topic *topic;
	struct buf key = {0};

	write_key(buf_reserve(&key, key_len(pattern)), pattern);
	key.len = key_len(pattern);
	topic = channel_of(table_find(&topics->by_key, buf_span(&key)));
	buf_release(&key);
	return topic;
}

struct topic *topic_get_pattern(
	struct topics *topics, const struct topic_pattern *pattern)
{
	struct topic *topic = topic_find_pattern(topics, pattern);

	if (topic != NULL)
		return topic;
	topic = make(&topics->by_key, pattern);
	topic->selector = pattern->kind == SELECTOR_EXACT
				  ? selector_exact(pattern->text)
				  : selector_new(pattern->text);
	topic->filter = filter_new(pattern->types);
	patterns_add(&topics->patterns, topic);
	return topic;
}

struct patterns *topics_patterns(const struct topics *topics)
{
	return (struct patterns *)(uintptr_t)&topics->patterns;
}

static void forget_pattern(struct topics *topics, struct topic *topic)
{
	patterns_remove(&topics->patterns, topic);
	table_remove(&topics->by_key, &topic->node);
	forget(topic);
}

static void forget_channel(struct topics *topics, struct topic *topic)
{
	table_remove(&topics->table, &topic->node);
	forget(topic);
}

void topic_tidy(struct topics *topics, struct topic *topic)
{
	if (topic->subscribers > 0 || topic->due)
		return;
	if (topic_is_pattern(topic))
		forget_pattern(topics, topic);
	else if (topic->count == 0 && !list_linked(&topic->report))
		forget_channel(topics, topic);
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
	uint32_t low = 0, high = topic->count;

	/* Nearly everybody is at the end, or a few events before it: steps of
	 * 1, 1, 2, 4 ... from there. */
	for (uint32_t step = 1; step <= high; step = topic->count - high) {
		if (topic_at(topic, high - step) <= position) {
			low = high - step + 1;
			break;
		}
		high -= step;
	}
	if (low == high)
		return low;
	return (uint32_t)search_above(low, high, position_at, topic, position);
}
