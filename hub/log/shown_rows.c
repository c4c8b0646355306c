/* SPDX-License-Identifier: MIT */
/*
 * shown_rows - what everybody sees of channels, as rows (shown.h)
 */
#include "config.h"

#include "hub/lines.h"
#include "hub/log/channel.h"
#include "hub/log/checksum.h"
#include "hub/log/disk/statement.h"
#include "lib/log.h"
#include "lib/siphash.h"

/* ---- counted anew */

/* Of what is held. */
static uint64_t look_for_newest(
	struct channels *channels, const struct channel *channel)
{
	struct query *last = &channels->shown_rows.last;
	uint64_t newest = 0;

	query_bind_int(last, 1, channel->number);
	while (newest == 0 && store_step(channels->store, last))
		if (shown_has(channels, last, 1))
			newest = query_int(last, 0);
	store_end(last);
	return newest;
}

/* Takes those of the query's rows out that are private, and ends it. */
static void take_private(struct channels *channels, struct query *rows)
{
	while (store_step(channels->store, rows)) {
		struct channel *channel =
			channel_numbered(channels, query_int(rows, 0));

		if (channel == NULL || channel->is_private ||
			query_int(rows, 3) <= channel->erased ||
			shown_has(channels, rows, 2))
			continue;
		shown_take_off(
			shown_begin(channels, channel), query_int(rows, 1));
		channel->shown->newest = 0;
	}
	query_release(rows);
}

#define ROWS "SELECT channel, " CHANNEL_WEIGHT ", traits, id FROM event"

/* What is not counted, but looked up. */
static void look_for_ends(struct channels *channels, struct channel *channel)
{
	struct shown *shown = channel->shown;

	shown->oldest = 0;
	if (shown->newest == 0 && shown->events > 0)
		shown->newest = look_for_newest(channels, channel);
}

void shown_recount(struct channels *channels, struct channel *channel)
{
	struct query rows = {0};

	if (channel->shown == NULL)
		return;
	shown_copy(channel->shown, channel);
	store_prepare(channels->store, &rows,
		ROWS " WHERE channel = ? AND traits IS NOT NULL");
	query_bind_int(&rows, 1, channel->number);
	take_private(channels, &rows);
	channel->shown->newest = 0;
	look_for_ends(channels, channel);
}

/* ---- as rows */

#define SHOWN                                                               \
	"SELECT channel, events, bytes, newest, pruned_through, pruned_at," \
	" sum FROM shown"

void shown_write(struct channels *channels, struct channel *channel)
{
	const struct shown *shown = channel->shown;
	struct query *write = &channels->shown_rows.write;

	if (shown == NULL)
		return;
	query_bind_int(write, 1, channel->number);
	query_bind_int(write, 2, shown->events);
	query_bind_int(write, 3, shown->bytes);
	query_bind_int(write, 4, shown->newest);
	query_bind_int(write, 5, shown->pruned.through);
	query_bind_int(write, 6, shown->pruned.at);
	query_bind_int(write, 7, checksum_of_shown(channel));
	store_run(channels->store, write);
}

void shown_remove(struct channels *channels, const struct channel *channel)
{
	if (channel->shown == NULL)
		return;
	query_bind_int(&channels->shown_rows.remove, 1, channel->number);
	store_run(channels->store, &channels->shown_rows.remove);
}

/* False if what the row says cannot be. */
static bool read_row(struct channels *channels, const struct query *row,
	struct channel *channel)
{
	struct shown *shown = shown_begin(channels, channel);

	*shown = (struct shown){
		.events = query_int(row, 1),
		.bytes = query_int(row, 2),
		.newest = query_int(row, 3),
		.pruned = {query_int(row, 4), query_int(row, 5)},
	};
	return query_int(row, 6) == checksum_of_shown(channel) &&
	       shown->events <= channel->events &&
	       shown->bytes <= channel->bytes &&
	       shown->newest <= channel->newest &&
	       shown->pruned.through <= channel->pruned_through;
}

void shown_revert(struct channels *channels, struct channel *channel)
{
	struct query *read = &channels->shown_rows.read;
	bool found;

	if (channel->shown == NULL)
		return;
	query_bind_int(read, 1, channel->number);
	found = store_step(channels->store, read);
	if (found)
		(void)read_row(channels, read, channel);
	store_end(read);
	if (!found)
		shown_forget(channels, channel);
}

/* What is not to be believed is counted; of what was pruned everybody hears. */
static void count_anew(struct channels *channels, struct channel *channel)
{
	log_warnx(LINE_LOG_DAMAGED_SHOWN, channels->store->path,
		channel->name_len, channel->name);
	channel->shown->pruned =
		(struct mark){channel->pruned_through, channel->pruned_at};
	shown_recount(channels, channel);
	channel_touch(channels, channel);
}

/* A channel that is private is seen whole or not at all. */
static void read_all(struct channels *channels)
{
	struct query all = {0};

	store_prepare(channels->store, &all, SHOWN);
	while (store_step(channels->store, &all)) {
		struct channel *channel =
			channel_numbered(channels, query_int(&all, 0));

		if (channel != NULL && !channel->is_private &&
			!read_row(channels, &all, channel))
			count_anew(channels, channel);
	}
	query_release(&all);
}

/* ---- when `private` has changed */

/* What tells one value of it from all others, or nearly so. */
static uint64_t value_of(const struct channels *channels)
{
	struct span text = scope_text(channels->sights.hidden);

	return text.len == 0 ? 0 : siphash(&channels->gone.secret, text) >> 1;
}

static uint64_t value_then(const struct channels *channels)
{
	int64_t value = 0;

	if (db_ask(&channels->store->db,
		    "SELECT value FROM meta WHERE name = 'private'",
		    &value) != DB_DONE)
		log_fatalx(LINE_LOG_SQLITE, channels->store->path,
			db_error(&channels->store->db));
	return (uint64_t)value;
}

static void write_value(struct channels *channels)
{
	struct query set = {0};

	store_prepare(channels->store, &set,
		"UPDATE meta SET value = ? WHERE name = 'private'");
	query_bind_int(&set, 1, value_of(channels));
	store_run(channels->store, &set);
	query_release(&set);
}

/* Those of channels that are private now go: they would be out of date.  If it
 * cannot be written now, the next start does the same. */
static void write_all(struct channels *channels)
{
	struct store *store = channels->store;
	enum db_result written;

	if (store_begin(store)) {
		store_ok(store, db_run(&store->db, "DELETE FROM shown"));
		for (struct channel *at = channels_first(channels); at != NULL;
			at = channels_next(channels, at))
			shown_write(channels, at);
		write_value(channels);
	}
	written = store_commit(store);
	(void)written;
}

/* Marks stay: what was public when it went is nobody's secret. */
static void look_through(struct channels *channels)
{
	struct query rows = {0};

	for (struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at))
		if (at->shown != NULL)
			shown_copy(at->shown, at);
	store_prepare(channels->store, &rows, ROWS " WHERE traits IS NOT NULL");
	take_private(channels, &rows);
	for (struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at))
		if (at->shown != NULL)
			look_for_ends(channels, at);
	write_all(channels);
}

static const struct statement statements[] = {
	{offsetof(struct channels, shown_rows.write),
		"INSERT OR REPLACE INTO shown(channel, events, bytes, newest,"
		" pruned_through, pruned_at, sum) VALUES(?, ?, ?, ?, ?, ?, ?)"},
	{offsetof(struct channels, shown_rows.read),
		SHOWN " WHERE channel = ?"},
	{offsetof(struct channels, shown_rows.remove),
		"DELETE FROM shown WHERE channel = ?"},
	{offsetof(struct channels, shown_rows.first),
		"SELECT id, traits FROM event WHERE channel = ? AND id > ?"
		" ORDER BY id"},
	{offsetof(struct channels, shown_rows.last),
		"SELECT id, traits FROM event WHERE channel = ?"
		" ORDER BY id DESC"},
	{0},
};

void shown_open(struct channels *channels)
{
	statements_prepare(statements, channels, channels->store);
	read_all(channels);
	if (value_then(channels) != value_of(channels))
		look_through(channels);
}

void shown_close(struct channels *channels)
{
	statements_release(statements, channels);
}
