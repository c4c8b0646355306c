#include <config.h>

#include "fcgi/channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/hash.h"
#include "lib/buf.h"

enum {
	FIRST_BUCKETS = 256,
	FIRST_HELD = 4,
};

struct channels {
	struct channel **buckets;
	size_t size; /* a power of two, grows with count */
	size_t count;
};

struct channels *channels_new(void)
{
	struct channels *table = mem_new(sizeof(*table));

	table->size = FIRST_BUCKETS;
	table->buckets = mem_new(table->size * sizeof(*table->buckets));
	return table;
}

static void forget(struct channel *channel)
{
	free(channel->held);
	free(channel);
}

void channels_free(struct channels *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->size; i++) {
		while (table->buckets[i] != NULL) {
			struct channel *channel = table->buckets[i];

			table->buckets[i] = channel->chain;
			forget(channel);
		}
	}
	free(table->buckets);
	free(table);
}

static struct channel **bucket(const struct channels *table, uint32_t h)
{
	return &table->buckets[h & (table->size - 1)];
}

static void grow(struct channels *table)
{
	struct channel **old = table->buckets;
	size_t old_size = table->size;

	table->size *= 2;
	table->buckets = mem_new(table->size * sizeof(*table->buckets));
	for (size_t i = 0; i < old_size; i++) {
		while (old[i] != NULL) {
			struct channel *channel = old[i];
			struct channel **to = bucket(table, channel->hash);

			old[i] = channel->chain;
			channel->chain = *to;
			*to = channel;
		}
	}
	free(old);
}

static struct channel *find(
	const struct channels *table, struct span name, uint32_t h)
{
	struct channel *channel = *bucket(table, h);

	while (channel != NULL &&
		(channel->hash != h ||
			!span_equal(channel_name(channel), name)))
		channel = channel->chain;
	return channel;
}

struct channel *channel_find(const struct channels *table, struct span name)
{
	return find(table, name, hash_of(name));
}

struct channel *channel_get(struct channels *table, struct span name)
{
	uint32_t h = hash_of(name);
	struct channel *channel = find(table, name, h);

	assert(name.len >= 1 && name.len <= 255);
	if (channel != NULL)
		return channel;
	if (table->count >= table->size)
		grow(table);
	channel = mem_new(sizeof(*channel) + name.len);
	channel->hash = h;
	channel->name_len = (uint8_t)name.len;
	memcpy(channel->name, name.at, name.len);
	list_init(&channel->seats);
	list_init(&channel->report);
	channel->chain = *bucket(table, h);
	*bucket(table, h) = channel;
	table->count++;
	return channel;
}

void channel_tidy(struct channels *table, struct channel *channel)
{
	struct channel **at = bucket(table, channel->hash);

	if (channel->count > 0 || channel->subscribers > 0 || channel->due ||
		list_linked(&channel->report))
		return;
	while (*at != channel)
		at = &(*at)->chain;
	*at = channel->chain;
	table->count--;
	forget(channel);
}

void channels_each(const struct channels *table,
	void (*visit)(void *arg, struct channel *channel), void *arg)
{
	for (size_t i = 0; i < table->size; i++) {
		struct channel *channel = table->buckets[i];

		for (; channel != NULL; channel = channel->chain)
			visit(arg, channel);
	}
}

static void widen(struct channel *channel)
{
	uint32_t size = channel->size == 0 ? FIRST_HELD : channel->size * 2;
	uint64_t *held = mem_new(size * sizeof(*held));

	for (uint32_t i = 0; i < channel->count; i++)
		held[i] = channel_at(channel, i);
	free(channel->held);
	channel->held = held;
	channel->head = 0;
	channel->size = size;
}

void channel_push(struct channel *channel, uint64_t position)
{
	if (channel->count == channel->size)
		widen(channel);
	channel->held[(channel->head + channel->count) & (channel->size - 1)] =
		position;
	channel->count++;
}

void channel_evict(struct channel *channel, uint64_t position)
{
	assert(channel->count > 0 && channel_at(channel, 0) == position);
	channel->head = (channel->head + 1) & (channel->size - 1);
	channel->count--;
	channel->evicted = position;
	if (channel->count == 0) {
		free(channel->held);
		channel->held = NULL;
		channel->size = channel->head = 0;
	}
}

uint32_t channel_after(const struct channel *channel, uint64_t position)
{
	uint32_t low = 0;
	uint32_t high = channel->count;

	/* Nearly everybody is at the end, or one event before it. */
	if (high == 0 || channel_at(channel, high - 1) <= position)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (channel_at(channel, middle) <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
