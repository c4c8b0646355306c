/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/shown.h"

#include <stdlib.h>

#include "hub/log/channel.h"

enum { LOOKS = 128 }; /* rows, for the oldest one: some tens of us */

/* ---- in memory */

void shown_copy(struct shown *shown, const struct channel *channel)
{
	shown->events = channel->events;
	shown->bytes = channel->bytes;
	shown->newest = channel->newest;
	shown->oldest = channel->oldest;
	shown->passed = 0;
}

struct shown *shown_begin(struct channels *channels, struct channel *channel)
{
	if (channel->shown != NULL)
		return channel->shown;
	channel->shown = mem_new(sizeof(*channel->shown));
	channels->shown_count++;
	shown_copy(channel->shown, channel);
	channel->shown->pruned =
		(struct mark){channel->pruned_through, channel->pruned_at};
	return channel->shown;
}

void shown_forget(struct channels *channels, struct channel *channel)
{
	if (channel->shown == NULL)
		return;
	channels->shown_count--;
	free(channel->shown);
	channel->shown = NULL;
}

void shown_count(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, bool is_private)
{
	struct shown *shown = shown_begin(channels, channel);

	if (is_private)
		return;
	if (shown->events++ == 0)
		shown->oldest = id;
	shown->bytes += weight;
	shown->newest = id;
}

void shown_take_off(struct shown *shown, uint64_t weight)
{
	if (shown->events == 0)
		return;
	if (weight > shown->bytes || shown->events == 1)
		weight = shown->bytes;
	shown->events--;
	shown->bytes -= weight;
}

void shown_uncount(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, uint64_t at, bool is_private)
{
	struct shown *shown = shown_begin(channels, channel);

	if (is_private)
		return;
	shown_take_off(shown, weight);
	shown->oldest = 0;
	mark_raise(&shown->pruned, &(struct mark){id, at});
}

void shown_erase(
	struct shown *shown, uint64_t id, uint64_t weight, bool is_private)
{
	if (is_private)
		return;
	shown_take_off(shown, weight);
	if (shown->oldest == id)
		shown->oldest = 0;
}

void shown_erase_all(struct shown *shown, uint64_t upto)
{
	shown->events = shown->bytes = shown->oldest = 0;
	shown->passed = upto;
}

void shown_mark_lost(struct channel *channel, uint64_t id, uint64_t at)
{
	if (channel->shown == NULL)
		return;
	channel->shown->oldest = 0;
	mark_raise(&channel->shown->pruned, &(struct mark){id, at});
}

/* ---- looked up */

bool shown_has(
	const struct channels *channels, const struct query *row, int traits)
{
	return query_type(row, traits) == DB_NULL ||
	       !sights_hide(&channels->sights, query_bytes(row, traits));
}

/* The least that it can be, for who sees nothing of what lies between. */
static uint64_t least(const struct shown *shown)
{
	return shown->pruned.through + 1;
}

uint64_t shown_oldest(struct channels *channels, struct channel *channel)
{
	struct shown *shown = channel->shown;
	struct query *first = &channels->shown_rows.first;
	int looks = 0;

	if (shown->events == 0 || shown->oldest != 0)
		return shown->events == 0 ? 0 : shown->oldest;
	if (shown->passed < shown->pruned.through)
		shown->passed = shown->pruned.through;
	if (shown->passed < channel->erased)
		shown->passed = channel->erased;
	query_bind_int(first, 1, channel->number);
	query_bind_int(first, 2, shown->passed);
	while (shown->oldest == 0 && looks++ < LOOKS &&
		store_step(channels->store, first)) {
		if (shown_has(channels, first, 1))
			shown->oldest = query_int(first, 0);
		else
			shown->passed = query_int(first, 0);
	}
	store_end(first);
	return shown->oldest != 0 ? shown->oldest : least(shown);
}
