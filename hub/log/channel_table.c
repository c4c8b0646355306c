/* SPDX-License-Identifier: MIT */
/*
 * channel_table - the channels as rows (channel.h)
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hub/lines.h"
#include "hub/log/channel.h"
#include "hub/log/checksum.h"
#include "hub/log/disk/statement.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/text.h"

static uint64_t ask(struct store *store, const char *sql)
{
	int64_t value = 0;

	if (db_ask(&store->db, sql, &value) != DB_DONE)
		log_fatalx(LINE_LOG_SQLITE, store->path, db_error(&store->db));
	return (uint64_t)value;
}

/* What it has, by its rows. */
static void count_rows(struct channels *channels, struct channel *channel)
{
	struct channel_sums *sums = &channels->sums;
	struct query count = {0};

	store_prepare(channels->store, &count,
		"SELECT count(*), coalesce(sum(" CHANNEL_WEIGHT "), 0),"
		" coalesce(max(id), 0) FROM event WHERE channel = ? AND id > "
		"?");
	query_bind_int(&count, 1, channel->number);
	query_bind_int(&count, 2, channel->erased);
	if (store_step(channels->store, &count)) { /* there always is */
		if (channel->keep == NULL) {
			sums->pool_events += query_int(&count, 0);
			sums->pool_events -= channel->events;
			sums->pool_bytes += query_int(&count, 1);
			sums->pool_bytes -= channel->bytes;
		}
		channel->events = query_int(&count, 0);
		channel->bytes = query_int(&count, 1);
		if (query_int(&count, 2) > channel->newest)
			channel->newest = query_int(&count, 2);
	}
	query_release(&count);
	shown_recount(channels, channel);
}

static void count_anew(struct channels *channels, struct channel *channel)
{
	struct mark mark;

	log_warnx(LINE_LOG_DAMAGED_ROW, channels->store->path,
		channel->name_len, channel->name);
	channel->newest = channel->pruned_through = channel->pruned_at = 0;
	channel->erased = 0;
	channel->keyed_at =
		clock_date_ms(channels->clock); /* it may have keys */
	count_rows(channels, channel);
	mark = channels_distrust(channels);
	channel_mark_lost(channels, channel, mark.through, mark.at, false);
	channels->distrusted = true;
}

static void read_row(struct channels *channels, const struct query *row,
	struct channel *channel)
{
	channel->events = query_int(row, 2);
	channel->bytes = query_int(row, 3);
	channel->newest = query_int(row, 4);
	channel->pruned_through = query_int(row, 5);
	channel->pruned_at = query_int(row, 6);
	channel->keyed_at = query_int(row, 7);
	channel->erased = query_int(row, 9);
	channel->oldest = 0;
	channel->newest_checked = false;
	channels_note_change(channels, channel);
	if (channel->keep != NULL)
		limits_look(&channels->limits, channel, 0);
	if (query_type(row, 8) == DB_NULL
			? channel->newest > channels->unsummed
			: query_int(row, 8) != checksum_of_channel(channel))
		count_anew(channels, channel);
}

/* The sums over all channels, from scratch. */
static void sum_up(struct channels *channels)
{
	struct channel_sums *sums = &channels->sums;
	uint64_t gone = gone_newest(&channels->gone, true);

	*sums = (struct channel_sums){
		.newest = channels->floor,
		.pruned_through =
			gone > channels->floor ? gone : channels->floor,
	};
	for (const struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at)) {
		channels_note(channels, at);
		if (at->keep != NULL)
			continue;
		sums->pool_events += at->events;
		sums->pool_bytes += at->bytes;
	}
	channels->distrusted = false;
}

static struct channel *take_miscounted(struct channels *channels)
{
	struct buf *numbers = &channels->recount;
	struct channel *channel = NULL;
	uint64_t number;

	while (numbers->len > 0 && (channel == NULL || !channel->miscounted)) {
		numbers->len -= sizeof(number);
		memcpy(&number, numbers->at + numbers->len, sizeof(number));
		channel = channel_numbered(channels, number);
	}
	return channel != NULL && channel->miscounted ? channel : NULL;
}

void channels_recount(struct channels *channels)
{
	struct channel *channel;

	if (channels->miscounted == 0 || !store_begin(channels->store))
		return;
	channel = take_miscounted(channels);
	if (channel == NULL)
		return;
	count_rows(channels, channel);
	channel->miscounted = false;
	channels->miscounted--;
	channel_touch(channels, channel);
	channels_note(channels, channel);
}

static void read_all(struct channels *channels)
{
	struct query all = {0};

	store_prepare(channels->store, &all,
		"SELECT number, name, events, bytes, newest, pruned_through,"
		" pruned_at, keyed_at, sum, erased FROM channel ORDER BY "
		"number");
	while (store_step(channels->store, &all)) {
		uint64_t number = query_int(&all, 0);
		struct span name = query_bytes(&all, 1);

		if (text_topic_fault(name) == NULL) {
			struct channel *channel =
				channel_add(channels, name, number);

			read_row(channels, &all, channel);
			channel_rest(channels, channel);
			continue;
		}
		log_warnx(LINE_LOG_DAMAGED_NAME, channels->store->path);
		channels_distrust(channels);
		if (number > channels->last_number)
			channels->last_number = number;
	}
	query_release(&all);
	sum_up(channels);
	channels->settled = channels->sums;
}

static const struct statement statements[] = {
	{offsetof(struct channels, write),
		"INSERT INTO channel VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
		" ?9, ?10)"
		" ON CONFLICT(number) DO UPDATE SET events = ?3, bytes = ?4,"
		" newest = ?5, pruned_through = ?6, pruned_at = ?7,"
		" keyed_at = ?8, sum = ?9, erased = ?10"},
	{offsetof(struct channels, reread),
		"SELECT number, name, events, bytes, newest, pruned_through,"
		" pruned_at, keyed_at, sum, erased FROM channel"
		" WHERE number = ?"},
	{offsetof(struct channels, first_event),
		"SELECT id FROM event WHERE channel = ? AND id > ?"
		" ORDER BY id LIMIT 1"},
	{offsetof(struct channels, remove),
		"DELETE FROM channel WHERE number = ?"},
	{0},
};

void channels_open(struct channels *channels, struct store *store,
	const struct config *config, const struct clock *clock)
{
	uint64_t number;

	channels->store = store;
	channels->clock = clock;
	channels_init(channels, config);
	channels->floor =
		ask(store, "SELECT value FROM meta WHERE name = 'floor'");
	channels->floor_at =
		ask(store, "SELECT value FROM meta WHERE name = 'floor_at'");
	channels->unsummed =
		ask(store, "SELECT value FROM meta WHERE name = 'unsummed'");
	statements_prepare(statements, channels, store);
	if (!gone_open(&channels->gone, store))
		channels_distrust(channels);
	read_all(channels);
	shown_open(channels);
	/* A key may outlive its channel, and so may an event in a damaged log;
	 * its number is not used again. */
	number = ask(store,
		"SELECT max((SELECT coalesce(max(channel), 0) FROM key),"
		" (SELECT coalesce(max(channel), 0) FROM event))");
	if (number > channels->last_number)
		channels->last_number = number;
}

void channels_close(struct channels *channels)
{
	statements_release(statements, channels);
	shown_close(channels);
	gone_close(&channels->gone);
	channels_release(channels);
}

static void forget_marks(
	struct channels *channels, const struct channel *channel)
{
	for (int part = 0; part < GONE_PARTS; part++)
		if (channel->returned[part])
			gone_remove(&channels->gone, channel_name(channel),
				(enum gone_part)part);
}

void channels_write(struct channels *channels)
{
	struct query *write = &channels->write;

	if (channels->floor_raised)
		channels_write_floor(
			channels, channels->floor, channels->floor_at);

	for (struct channel *at = channels->dirty; at != NULL;
		at = at->next_dirty) {
		query_bind_int(write, 1, at->number);
		query_bind_blob(write, 2, channel_name(at));
		query_bind_int(write, 3, at->events);
		query_bind_int(write, 4, at->bytes);
		query_bind_int(write, 5, at->newest);
		query_bind_int(write, 6, at->pruned_through);
		query_bind_int(write, 7, at->pruned_at);
		query_bind_int(write, 8, at->keyed_at);
		query_bind_int(write, 9, checksum_of_channel(at));
		query_bind_int(write, 10, at->erased);
		store_run(channels->store, write);
		shown_write(channels, at);
		forget_marks(channels, at);
	}
	channels_drop(channels);
}

void channels_settle(struct channels *channels)
{
	struct channel *next;

	for (struct channel *at = channels->dirty; at != NULL; at = next) {
		next = at->next_dirty;
		at->dirty = at->returned[GONE_SHOWN] = at->returned[GONE_REST] =
			false;
		channel_rest(channels, at);
	}
	channels->dirty = NULL;
	channels->floor_raised = false;
	channels_dropped(channels);
	channels->settled = channels->sums;
}

/* What is known to be lost stays so: it is not of the transaction. */
void channels_revert(struct channels *channels)
{
	struct query *reread = &channels->reread;
	struct channel *next, *first = channels->dirty;

	channels_undrop(channels);
	channels->sums = channels->settled;
	if (channels->floor > channels->sums.pruned_through)
		channels->sums.pruned_through = channels->floor;
	channels->dirty = NULL;
	for (struct channel *at = first; at != NULL; at = next) {
		next = at->next_dirty;
		at->dirty = false;
		query_bind_int(reread, 1, at->number);
		if (store_step(channels->store, reread)) {
			read_row(channels, reread, at);
			shown_revert(channels, at);
			channels_note(channels, at);
			channel_rest(channels, at);
		} else { /* it was made in the failed transaction */
			channel_forget(channels, at);
		}
		store_end(reread);
	}
	if (channels->distrusted)
		sum_up(channels);
}
