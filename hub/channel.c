#include "config.h"

#include "hub/channel.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/digest.h"

enum { BUCKETS = 1024 }; /* at first; doubled when as many channels are there */

static uint64_t hash_of(struct span name)
{
	return digest_of(name, span(NULL, 0)).low;
}

static void link_in(struct channels *channels, struct channel *channel)
{
	size_t mask = channels->buckets - 1;
	struct channel **name = &channels->names[channel->hash & mask];
	struct channel **number = &channels->numbers[channel->number & mask];

	channel->same_name_hash = *name;
	*name = channel;
	channel->same_number_hash = *number;
	*number = channel;
}

static void unlink_from(struct channels *channels, struct channel *channel)
{
	size_t mask = channels->buckets - 1;
	struct channel **at = &channels->names[channel->hash & mask];

	while (*at != channel)
		at = &(*at)->same_name_hash;
	*at = channel->same_name_hash;
	at = &channels->numbers[channel->number & mask];
	while (*at != channel)
		at = &(*at)->same_number_hash;
	*at = channel->same_number_hash;
	channels->count--;
}

void channel_forget(struct channels *channels, struct channel *channel)
{
	channels->miscounted -= channel->miscounted;
	unlink_from(channels, channel);
	free(channel);
}

void channels_grow(struct channels *channels)
{
	struct channel **old = channels->names;
	size_t count = channels->buckets;

	channels->buckets = count == 0 ? BUCKETS : count * 2;
	free(channels->numbers);
	channels->names = mem_new(channels->buckets * sizeof(*old));
	channels->numbers = mem_new(channels->buckets * sizeof(*old));
	for (size_t i = 0; i < count; i++) {
		struct channel *next;

		for (struct channel *at = old[i]; at != NULL; at = next) {
			next = at->same_name_hash;
			link_in(channels, at);
		}
	}
	free(old);
}

static const struct keep *own_limits(
	const struct config *config, struct span name)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (span_is(name, config->channels[i].name))
			return &config->channels[i].keep;
	return NULL;
}

struct channel *channel_add(
	struct channels *channels, struct span name, uint64_t number)
{
	struct channel *channel = mem_new(sizeof(*channel) + name.len);

	if (channels->count >= channels->buckets)
		channels_grow(channels);
	channel->hash = hash_of(name);
	channel->number = number;
	channel->name_len = (uint8_t)name.len;
	memcpy(channel->name, name.at, name.len);
	channel->keep = own_limits(channels->config, name);
	channel->pruned_through = channels->floor;
	channel->pruned_at = channels->floor_at;
	link_in(channels, channel);
	channels->count++;
	if (number > channels->last_number)
		channels->last_number = number;
	return channel;
}

void channels_note(struct channels *channels, const struct channel *channel)
{
	if (channel->pruned_through > channels->pruned_through)
		channels->pruned_through = channel->pruned_through;
	if (channel->newest > channels->newest)
		channels->newest = channel->newest;
}

struct channel *channel_find(const struct channels *channels, struct span name)
{
	uint64_t hash = hash_of(name);
	struct channel *at = channels->names[hash & (channels->buckets - 1)];

	while (at != NULL &&
		(at->hash != hash || !span_equal(channel_name(at), name)))
		at = at->same_name_hash;
	return at;
}

struct channel *channel_numbered(
	const struct channels *channels, uint64_t number)
{
	struct channel *at =
		channels->numbers[number & (channels->buckets - 1)];

	while (at != NULL && at->number != number)
		at = at->same_number_hash;
	return at;
}

void channel_touch(struct channels *channels, struct channel *channel)
{
	if (channel->dirty)
		return;
	channel->dirty = true;
	channel->next_dirty = channels->dirty;
	channels->dirty = channel;
}

struct channel *channel_get(struct channels *channels, struct span name)
{
	struct channel *channel = channel_find(channels, name);

	if (channel == NULL) {
		channel =
			channel_add(channels, name, channels->last_number + 1);
		channel_touch(channels, channel);
	}
	return channel;
}

void channel_count(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight)
{
	if (channel->events++ == 0)
		channel->oldest = id;
	channel->bytes += weight;
	channel->newest = id;
	channels->newest = id;
	if (channel->keep == NULL) {
		channels->pool_events++;
		channels->pool_bytes += weight;
	}
	channel_touch(channels, channel);
}

/* An event less; in a damaged log it may weigh more than was counted, or be
 * another channel's. */
static void count_down(
	struct channels *channels, struct channel *channel, uint64_t weight)
{
	if (channel->events == 0)
		return;
	if (weight > channel->bytes || channel->events == 1)
		weight = channel->bytes;
	channel->events--;
	channel->bytes -= weight;
	if (channel->keep == NULL) {
		channels->pool_events--;
		channels->pool_bytes -= weight;
	}
}

static void mark_pruned(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t at)
{
	channel->oldest = 0;
	if (id > channel->pruned_through)
		channel->pruned_through = id;
	if (at > channel->pruned_at)
		channel->pruned_at = at;
	channels_note(channels, channel);
	channel_touch(channels, channel);
}

void channel_uncount(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, uint64_t at)
{
	count_down(channels, channel, weight);
	mark_pruned(channels, channel, id, at);
}

void channel_bury(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t at, bool missing)
{
	if (channel != NULL) {
		if (missing && !channel->miscounted) {
			channel->miscounted = true;
			channels->miscounted++;
		}
		mark_pruned(channels, channel, id, at);
		return;
	}
	if (id > channels->floor)
		channels->floor = id;
	if (at > channels->floor_at)
		channels->floor_at = at;
	if (id > channels->pruned_through)
		channels->pruned_through = id;
	channels->floor_raised = true;
}

uint64_t channel_oldest(struct channels *channels, struct channel *channel)
{
	struct query *query = &channels->first_event;

	if (channel->events == 0 || channel->oldest != 0)
		return channel->events == 0 ? 0 : channel->oldest;
	query_bind_int(query, 1, channel->number);
	if (store_step(channels->store, query))
		channel->oldest = query_int(query, 0);
	query_reset(query);
	return channel->oldest;
}
