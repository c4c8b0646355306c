/* SPDX-License-Identifier: MIT */
/*
 * channel_gc - channels that are empty go when there are very many (channel.h)
 *
 * They wait in two lists, in the order in which they became empty.  One with a
 * key may have to wait for as long as keys are kept, and so holds up those
 * behind it, but none without a key.
 */
#include "config.h"

#include "hub/log/channel.h"

void channel_rest(struct channels *channels, struct channel *channel)
{
	if (channel->events == 0 && !channel->dirty && !channel->erasing)
		list_append(channel->keyed_at == 0 ? &channels->idle
						   : &channels->keyed,
			&channel->idle);
}

static struct channel *first_of(const struct node *list)
{
	return list_empty(list) ? NULL
				: list_entry(list->next, struct channel, idle);
}

/* The next that may go, or NULL.  Keys last long, so who has had one is older
 * than most. */
static struct channel *oldest(const struct channels *channels)
{
	struct channel *channel = first_of(&channels->keyed);

	if (channel != NULL && channel->keyed_at < channels->keyed_before)
		return channel;
	return first_of(&channels->idle);
}

void channels_collect(struct channels *channels, uint64_t keyed_before)
{
	channels->keyed_before = keyed_before;
	if (channels->numbers.count <= channels->most ||
		oldest(channels) == NULL)
		return;
	channels->drops = CHANNEL_DROPS_IDLE;
	store_begin(channels->store);
}

/* The floor covers it, or marks remember it.  That there was a private channel
 * is nothing that everybody may know. */
static void remember(struct channels *channels, const struct channel *channel)
{
	const struct mark all = {channel->pruned_through, channel->pruned_at};
	struct mark shown = all;

	if (channel->is_private)
		shown = (struct mark){0};
	else if (channel->shown != NULL)
		shown = channel->shown->pruned;
	if (shown.through > channels->floor)
		gone_add(&channels->gone, channel_name(channel), GONE_SHOWN,
			&shown);
	if (all.through > channels->floor && all.through > shown.through)
		gone_add(&channels->gone, channel_name(channel), GONE_REST,
			&all);
}

static void drop(struct channels *channels, struct channel *channel)
{
	remember(channels, channel);
	query_bind_int(&channels->remove, 1, channel->number);
	store_run(channels->store, &channels->remove);
	shown_remove(channels, channel);
	list_remove(&channel->idle);
	list_append(&channels->going, &channel->idle);
}

bool channels_write_floor(
	struct channels *channels, uint64_t floor, uint64_t floor_at)
{
	struct query set = {0};
	bool written;

	store_prepare(channels->store, &set,
		"UPDATE meta SET value = ?2 WHERE name = ?1");
	query_bind_text(&set, 1, span_of("floor"));
	query_bind_int(&set, 2, floor);
	written = store_run(channels->store, &set);
	query_bind_text(&set, 1, span_of("floor_at"));
	query_bind_int(&set, 2, floor_at);
	written = written && store_run(channels->store, &set);
	query_release(&set);
	return written;
}

/* Those that are too many, and a few more than come, so that it ends. */
static size_t budget(const struct channels *channels)
{
	size_t most = 2 * channels->made + channels->drops;
	size_t excess = channels->numbers.count <= channels->most
				? 0
				: channels->numbers.count - channels->most;

	return excess < most ? excess : most;
}

void channels_drop(struct channels *channels)
{
	struct mark *floor = &channels->floor_draft;
	size_t count = budget(channels), dropped = 0;
	struct channel *channel;

	*floor = (struct mark){channels->floor, channels->floor_at};
	for (; dropped < count && (channel = oldest(channels)) != NULL;
		dropped++)
		drop(channels, channel);
	if (dropped == 0)
		return;
	gone_trim(&channels->gone, 2 * (unsigned)dropped, floor);
	if (floor->through > channels->floor || floor->at > channels->floor_at)
		channels_write_floor(channels, floor->through, floor->at);
}

static void begin_anew(struct channels *channels)
{
	channels->made = 0;
	channels->drops = CHANNEL_DROPS;
}

void channels_dropped(struct channels *channels)
{
	const struct mark *floor = &channels->floor_draft;
	struct channel *channel;

	while ((channel = first_of(&channels->going)) != NULL)
		channel_forget(channels, channel);
	if (floor->through > channels->floor)
		channels->floor = floor->through;
	if (floor->at > channels->floor_at)
		channels->floor_at = floor->at;
	gone_settle(&channels->gone);
	begin_anew(channels);
}

/* They are the first again. */
void channels_undrop(struct channels *channels)
{
	list_move(&channels->going, &channels->idle);
	list_move(&channels->idle, &channels->going);
	gone_revert(&channels->gone);
	begin_anew(channels);
}
