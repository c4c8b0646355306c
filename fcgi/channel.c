#include <config.h>

#include "fcgi/channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

enum { FIRST_HELD = 4 };

struct channels {
	struct table table;
};

static struct channel *channel_of(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct channel, node);
}

static struct span key_of(const struct table_node *node)
{
	return channel_name(table_entry(node, struct channel, node));
}

struct channels *channels_new(void)
{
	struct channels *channels = mem_new(sizeof(*channels));

	table_init(&channels->table, key_of, NULL);
	return channels;
}

static void forget(struct channel *channel)
{
	free(channel->held);
	free(channel);
}

void channels_free(struct channels *channels)
{
	struct table_node *node, *next;

	if (channels == NULL)
		return;
	for (node = table_first(&channels->table); node != NULL; node = next) {
		next = table_next(&channels->table, node);
		forget(channel_of(node));
	}
	table_release(&channels->table);
	free(channels);
}

struct channel *channel_find(const struct channels *channels, struct span name)
{
	return channel_of(table_find(&channels->table, name));
}

struct channel *channel_get(struct channels *channels, struct span name)
{
	struct channel *channel = channel_find(channels, name);

	assert(name.len >= 1 && name.len <= 255);
	if (channel != NULL)
		return channel;
	channel = mem_new(sizeof(*channel) + name.len);
	channel->name_len = (uint8_t)name.len;
	memcpy(channel->name, name.at, name.len);
	list_init(&channel->seats);
	list_init(&channel->report);
	table_add(&channels->table, &channel->node);
	return channel;
}

void channel_tidy(struct channels *channels, struct channel *channel)
{
	if (channel->count > 0 || channel->subscribers > 0 || channel->due ||
		list_linked(&channel->report))
		return;
	table_remove(&channels->table, &channel->node);
	forget(channel);
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
