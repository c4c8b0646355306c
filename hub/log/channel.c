/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/channel.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "hub/lines.h"
#include "lib/buf.h"
#include "lib/event/erasure.h"
#include "lib/log.h"

/* ---- the tables */

static struct channel *by_name(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct channel, by_name);
}

static struct channel *by_number(struct table_node *node)
{
	return node == NULL ? NULL
			    : table_entry(node, struct channel, by_number);
}

#define CHANNEL_OF(node, member)                                               \
	((const struct channel *)(const void *)((const char *)(node)-offsetof( \
		struct channel, member)))

static struct span name_of(const struct table_node *node)
{
	return channel_name(CHANNEL_OF(node, by_name));
}

static struct span number_key(const uint64_t *number)
{
	return span((const char *)number, sizeof(*number));
}

static struct span number_of(const struct table_node *node)
{
	return number_key(&CHANNEL_OF(node, by_number)->number);
}

void channels_init(struct channels *channels, const struct config *config)
{
	channels->changed = mem_new(CHANNEL_CHANGES * sizeof(uint64_t));
	limits_open(&channels->limits, config);
	sights_open(&channels->sights, config);
	channels->most = CHANNEL_ROWS_MAX;
	channels->drops = CHANNEL_DROPS;
	list_init(&channels->idle);
	list_init(&channels->keyed);
	list_init(&channels->going);
	table_init(&channels->names, name_of, NULL);
	table_init(&channels->numbers, number_of, NULL);
}

void channels_release(struct channels *channels)
{
	struct channel *next, *at = channels_first(channels);

	for (; at != NULL; at = next) {
		next = channels_next(channels, at);
		shown_forget(channels, at);
		free(at);
	}
	table_release(&channels->names);
	table_release(&channels->numbers);
	limits_close(&channels->limits);
	sights_close(&channels->sights);
	roll_release(&channels->roll);
	free(channels->changed);
	buf_release(&channels->recount);
}

struct channel *channels_first(const struct channels *channels)
{
	return by_number(table_first(&channels->numbers));
}

struct channel *channels_next(
	const struct channels *channels, const struct channel *channel)
{
	return by_number(table_next(&channels->numbers, &channel->by_number));
}

struct channel *channel_find(const struct channels *channels, struct span name)
{
	return by_name(table_find(&channels->names, name));
}

struct channel *channel_numbered(
	const struct channels *channels, uint64_t number)
{
	return by_number(table_find(&channels->numbers, number_key(&number)));
}

void channels_note_change(
	struct channels *channels, const struct channel *channel)
{
	channels->changed[channels->marks++ % CHANNEL_CHANGES] =
		channel->number;
}

struct channel *channel_changed(
	const struct channels *channels, uint64_t change)
{
	return channel_numbered(
		channels, channels->changed[change % CHANNEL_CHANGES]);
}

void channel_forget(struct channels *channels, struct channel *channel)
{
	channels->miscounted -= channel->miscounted;
	if (channel->listed != NULL)
		*channel->listed = NULL;
	list_remove(&channel->idle);
	limits_forget(&channels->limits, channel);
	table_remove(&channels->names, &channel->by_name);
	table_remove(&channels->numbers, &channel->by_number);
	roll_remove(&channels->roll, channel->number);
	shown_forget(channels, channel);
	free(channel);
}

/* ---- one of them */

struct channel *channel_add(
	struct channels *channels, struct span name, uint64_t number)
{
	struct channel *channel = mem_new(sizeof(*channel) + name.len);

	channel->number = number;
	channel->name_len = (uint16_t)name.len;
	memcpy(channel->name, name.at, name.len);
	channel->keep = limits_of(&channels->limits, name);
	channel->internal = erasure_is_channel(name);
	channel->is_private =
		channel->internal ||
		privacy_hides_channel(&channels->sights.privacy, name);
	list_init(&channel->idle);
	channel->pruned_through = channels->floor;
	channel->pruned_at = channels->floor_at;
	table_add(&channels->names, &channel->by_name);
	table_add(&channels->numbers, &channel->by_number);
	roll_add(&channels->roll, number);
	if (number > channels->last_number)
		channels->last_number = number;
	return channel;
}

void channels_note(struct channels *channels, const struct channel *channel)
{
	struct channel_sums *sums = &channels->sums;

	if (channel->pruned_through > sums->pruned_through)
		sums->pruned_through = channel->pruned_through;
	if (channel->newest > sums->newest)
		sums->newest = channel->newest;
}

void channel_touch(struct channels *channels, struct channel *channel)
{
	if (channel->dirty)
		return;
	channel->dirty = true;
	list_remove(&channel->idle);
	channel->next_dirty = channels->dirty;
	channels->dirty = channel;
}

/* What a row said that cannot be believed is nobody's knowledge any more: all
 * that was there before counts as pruned, for this channel and, as the name may
 * be wrong too, for those without a row. */
struct mark channels_distrust(struct channels *channels)
{
	struct store *store = channels->store;
	int64_t newest = 0;
	struct mark mark;

	if (db_ask(&store->db, "SELECT coalesce(max(id), 0) FROM event",
		    &newest) != DB_DONE)
		log_fatalx(LINE_LOG_SQLITE, store->path, db_error(&store->db));
	mark = (struct mark){(uint64_t)newest, clock_date_ms(channels->clock)};
	channel_mark_lost(channels, NULL, mark.through, mark.at, false);
	return mark;
}

/* Raises *mark to what is remembered of the name; false if nothing is. */
static bool look_for_mark(struct channels *channels, struct span name,
	enum gone_part part, struct mark *mark)
{
	enum gone_found found;
	struct mark own;

	found = gone_look(&channels->gone, name, part, &own);
	if (found == GONE_DAMAGED)
		own = channels_distrust(channels);
	if (found != GONE_NONE)
		mark_raise(mark, &own);
	return found == GONE_MARK;
}

struct mark channels_mark(struct channels *channels, struct span name, bool all)
{
	struct mark mark = {channels->floor, channels->floor_at};

	look_for_mark(channels, name, GONE_SHOWN, &mark);
	if (all)
		look_for_mark(channels, name, GONE_REST, &mark);
	return mark;
}

/* The marks of its name are its own again. */
static void take_marks(struct channels *channels, struct channel *channel)
{
	struct mark shown = {channels->floor, channels->floor_at}, all;
	struct span name = channel_name(channel);

	channel->returned[GONE_SHOWN] =
		look_for_mark(channels, name, GONE_SHOWN, &shown);
	all = shown;
	channel->returned[GONE_REST] =
		look_for_mark(channels, name, GONE_REST, &all);
	channel->pruned_through = shown.through;
	channel->pruned_at = shown.at;
	if (channel->returned[GONE_REST] && !channel->is_private)
		shown_begin(channels, channel);
	channel->pruned_through = all.through;
	channel->pruned_at = all.at;
}

struct channel *channel_get(struct channels *channels, struct span name)
{
	struct channel *channel = channel_find(channels, name);

	if (channel != NULL)
		return channel;
	channel = channel_add(channels, name, channels->last_number + 1);
	take_marks(channels, channel);
	channels->made++;
	channel_touch(channels, channel);
	return channel;
}

void channel_count(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, bool is_private)
{
	if (is_private || channel->shown != NULL)
		shown_count(channels, channel, id, weight, is_private);
	if (channel->events++ == 0)
		channel->oldest = id;
	channel->bytes += weight;
	channel->newest = id;
	channels->sums.newest = id;
	if (channel->keep == NULL) {
		channels->sums.pool_events++;
		channels->sums.pool_bytes += weight;
	} else {
		limits_count(&channels->limits, channel);
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
		channels->sums.pool_events--;
		channels->sums.pool_bytes -= weight;
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
	channels_note_change(channels, channel);
	channel_touch(channels, channel);
}

void channel_uncount(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, uint64_t at, bool is_private)
{
	if (is_private || channel->shown != NULL)
		shown_uncount(channels, channel, id, weight, at, is_private);
	count_down(channels, channel, weight);
	mark_pruned(channels, channel, id, at);
}

void channel_erase(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t weight, bool is_private)
{
	if (channel->shown != NULL)
		shown_erase(channel->shown, id, weight, is_private);
	count_down(channels, channel, weight);
	if (channel->oldest == id)
		channel->oldest = 0;
	channel_touch(channels, channel);
}

void channel_erase_all(
	struct channels *channels, struct channel *channel, uint64_t upto)
{
	if (channel->shown != NULL)
		shown_erase_all(channel->shown, upto);
	if (channel->keep == NULL) {
		channels->sums.pool_events -= channel->events;
		channels->sums.pool_bytes -= channel->bytes;
	}
	channel->events = channel->bytes = channel->oldest = 0;
	channel->erased = upto;
	channel_touch(channels, channel);
}

void channel_mark_lost(struct channels *channels, struct channel *channel,
	uint64_t id, uint64_t at, bool missing)
{
	if (channel != NULL) {
		if (missing && !channel->miscounted) {
			channel->miscounted = true;
			channels->miscounted++;
			buf_add(&channels->recount, &channel->number,
				sizeof(channel->number));
		}
		shown_mark_lost(channel, id, at);
		mark_pruned(channels, channel, id, at);
		return;
	}
	if (id > channels->floor)
		channels->floor = id;
	if (at > channels->floor_at)
		channels->floor_at = at;
	if (id > channels->sums.pruned_through)
		channels->sums.pruned_through = id;
	channels->floor_raised = true;
}

uint64_t channel_oldest(struct channels *channels, struct channel *channel)
{
	struct query *query = &channels->first_event;

	if (channel->events == 0 || channel->oldest != 0)
		return channel->events == 0 ? 0 : channel->oldest;
	query_bind_int(query, 1, channel->number);
	query_bind_int(query, 2, channel->erased);
	if (store_step(channels->store, query))
		channel->oldest = query_int(query, 0);
	store_end(query);
	return channel->oldest;
}
