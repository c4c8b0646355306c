/* SPDX-License-Identifier: MIT */
/*
 * channel_gc - channels that are empty go when there are very many (channel.h)
 */
#include "config.h"

#include <stdlib.h>

#include "hub/log/channel.h"
#include "lib/buf.h"

enum {
	STEP = 1000,
	RETRY_US = 10000000, /* to look through them all takes a while */
};

static int by_pruned(const void *one, const void *other)
{
	const struct channel *const *a = one, *const *b = other;

	return ((*a)->pruned_through > (*b)->pruned_through) -
	       ((*a)->pruned_through < (*b)->pruned_through);
}

static bool may_go(const struct channel *channel, uint64_t before)
{
	return channel->events == 0 && !channel->dirty &&
	       channel->keyed_at < before;
}

/* All that may go, those first whose history ended first: they raise the floor
 * least. */
static size_t candidates(const struct channels *channels, uint64_t before,
	struct channel **found)
{
	size_t count = 0;

	for (struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at))
		if (may_go(at, before))
			found[count++] = at;
	qsort(found, count, sizeof(struct channel *), by_pruned);
	return count;
}

static void drop(
	struct channels *channels, struct channel **going, size_t count)
{
	uint64_t floor = channels->floor, floor_at = channels->floor_at;

	store_begin(channels->store);
	for (size_t i = 0; i < count; i++) {
		query_bind_int(&channels->remove, 1, going[i]->number);
		store_run(channels->store, &channels->remove);
		if (going[i]->pruned_through > floor)
			floor = going[i]->pruned_through;
		if (going[i]->pruned_at > floor_at)
			floor_at = going[i]->pruned_at;
	}
	channels_write_floor(channels, floor, floor_at);
	if (store_commit(channels->store) != DB_DONE)
		return; /* tried again later */
	channels->floor = floor;
	channels->floor_at = floor_at;
	for (size_t i = 0; i < count; i++)
		channel_forget(channels, going[i]);
}

void channels_collect(struct channels *channels, uint64_t before)
{
	size_t count, most = channels->numbers.count - CHANNEL_ROWS_MAX;
	struct channel **found;

	if (channels->numbers.count <= CHANNEL_ROWS_MAX ||
		clock_now_us(channels->clock) < channels->collect_after)
		return;
	found = mem_new(channels->numbers.count * sizeof(struct channel *));
	count = candidates(channels, before, found);
	count = count < most ? count : most;
	count = count < STEP ? count : STEP;
	if (count > 0)
		drop(channels, found, count);
	else
		channels->collect_after =
			clock_now_us(channels->clock) + RETRY_US;
	free(found);
}
