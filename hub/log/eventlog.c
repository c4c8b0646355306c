/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/eventlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hub/lines.h"
#include "hub/log/checksum.h"
#include "hub/log/disk/lock.h"
#include "hub/log/disk/statement.h"
#include "lib/log.h"

enum {
	TAIL_ROWS = 262144, /* rows looked at to find a follower's beginning: a
			       window of very small events starts smaller */
};

static void read_identity(struct eventlog *log)
{
	struct query query = {0};
	struct span identity;

	store_prepare(log->store, &query,
		"SELECT value FROM meta WHERE name = 'identity'");
	if (!store_step(log->store, &query))
		log_fatalx(LINE_LOG_NO_IDENTITY, log->store->path);
	identity = query_bytes(&query, 0);
	if (identity.len != WIRE_IDENTITY)
		log_fatalx(LINE_LOG_DAMAGED_IDENTITY, log->store->path);
	memcpy(log->identity, identity.at, identity.len);
	query_release(&query);
}

static void read_secret(struct eventlog *log)
{
	struct query query = {0};
	struct span secret;

	store_prepare(log->store, &query,
		"SELECT value FROM meta WHERE name = 'tickets'");
	if (!store_step(log->store, &query))
		log_fatalx(LINE_LOG_NO_SECRET, log->store->path);
	secret = query_bytes(&query, 0);
	if (secret.len != WIRE_SECRET)
		log_fatalx(LINE_LOG_DAMAGED_SECRET, log->store->path);
	memcpy(log->secret, secret.at, secret.len);
	query_release(&query);
}

void eventlog_find_newest(struct eventlog *log)
{
	struct query query = {0};

	store_prepare(log->store, &query,
		"SELECT id FROM event ORDER BY id DESC LIMIT 1");
	log->newest_event =
		store_step(log->store, &query) ? query_int(&query, 0) : 0;
	query_release(&query);
}

static void read_newest(struct eventlog *log)
{
	eventlog_find_newest(log);
	log->at = eventlog_last_time(log);
	log->newest = log->newest_event;
	if (log->channels->sums.newest > log->newest)
		log->newest = log->channels->sums.newest;
	if (epochs_last_start(&log->epochs) > log->newest)
		log->newest = epochs_last_start(&log->epochs);
	if (log->newest >= WIRE_ID_MAX - 1000000000)
		log_fatalx(LINE_LOG_DAMAGED_ID, log->store->path,
			(unsigned long long)log->newest);
	log->committed = log->newest;
}

/* What was acknowledged is nowhere any more: whoever has a later cursor will be
 * told by the epoch that this start begins. */
static void compare_with_lock(const struct eventlog *log)
{
	if (log->lock->newest > log->newest)
		log_warnx(LINE_LOG_ENDS_EARLY, log->store->path,
			(unsigned long long)log->newest,
			(unsigned long long)log->lock->newest);
}

static const struct statement statements[] = {
	{offsetof(struct eventlog, append),
		"INSERT INTO event(id, channel, at, type, data, sum, back,"
		" traits) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
	{offsetof(struct eventlog, range),
		"SELECT " EVENTLOG_ROW " FROM event"
		" WHERE id > ? AND id <= ? ORDER BY id"},
	{offsetof(struct eventlog, one),
		"SELECT " EVENTLOG_ROW " FROM event WHERE id = ?"},
	{offsetof(struct eventlog, backwards),
		"SELECT id, " CHANNEL_WEIGHT
		" FROM event WHERE id > ? ORDER BY id DESC"},
	{offsetof(struct eventlog, at_or_after),
		"SELECT " EVENTLOG_ROW " FROM event"
		" WHERE id >= ? ORDER BY id"},
	{offsetof(struct eventlog, owner),
		"SELECT channel FROM event WHERE id = ?"},
	{offsetof(struct eventlog, walk),
		/* The index alone, and then the row, which may be missing. */
		"SELECT found.id, row.at, row.channel, row.type, row.data,"
		" row.sum, row.back, row.traits"
		" FROM event AS found LEFT JOIN event AS row"
		" ON row.id = found.id WHERE found.channel = ?"
		" AND found.id > ? ORDER BY found.id"},
	{0},
};

void eventlog_open(struct eventlog *log, struct store *store,
	struct channels *channels, const struct lock *lock,
	const struct clock *clock)
{
	log->store = store;
	log->channels = channels;
	log->lock = lock;
	log->clock = clock;
	statements_prepare(statements, log, store);
	labels_open(&log->labels, store);
	matches_init(&log->matches);
	read_identity(log);
	read_secret(log);
	epochs_read(&log->epochs, store);
	read_newest(log);
	compare_with_lock(log);
	log->owners = (uint64_t)INT64_MIN;
	eventlog_note_ends(log);
	eventlog_check_owners(log, EVENTLOG_OWNERS);
}

void eventlog_close(struct eventlog *log)
{
	statements_release(statements, log);
	labels_close(&log->labels);
	matches_release(&log->matches);
	epochs_release(&log->epochs);
	free(log->ends);
}

enum db_result eventlog_start(struct eventlog *log)
{
	enum db_result trouble;
	struct epoch epoch = {
		.last = log->newest, .start = clock_date_us(log->clock)};

	if (epoch.start <= log->newest)
		epoch.start = log->newest + 1;
	if (epoch.start <= log->lock->newest)
		epoch.start = log->lock->newest + 1;
	if (epoch.start > WIRE_ID_MAX - 1000000000)
		log_fatalx(LINE_CLOCK_BEYOND);
	store_begin(log->store);
	epochs_write(&log->epochs, log->store, &epoch);
	trouble = store_commit(log->store);
	if (trouble != DB_DONE)
		return trouble;
	epochs_add(&log->epochs, &epoch);
	log->newest = log->committed = epoch.start;
	log->started = true;
	return DB_DONE;
}

static void bind(struct query *append, const struct channel *channel,
	const struct wire_event *event)
{
	uint64_t previous = channel->newest;

	query_bind_int(append, 1, event->id);
	query_bind_int(append, 2, channel->number);
	query_bind_int(append, 3, event->at);
	query_bind_text(append, 4, event->type);
	query_bind_blob(append, 5, event->data);
	query_bind_int(append, 6, checksum_of_event(event, previous));
	query_bind_int(append, 7, previous == 0 ? 0 : event->id - previous);
	query_bind_blob_or_null(append, 8, event->traits);
}

void eventlog_place(struct eventlog *log, uint64_t last, uint64_t at)
{
	assert(log->started && log->store->writing && last >= log->newest);
	log->placed = true;
	log->newest = last;
	if (at > log->at)
		log->at = at;
}

uint64_t eventlog_append(struct eventlog *log, struct channel *channel,
	struct span type, struct span traits, struct span data)
{
	uint64_t now = clock_date_ms(log->clock);
	uint64_t weight = channel_weight(type.len, data.len, traits.len);
	struct wire_event event = {
		.id = log->newest + 1,
		.channel = channel_name(channel),
		.type = type,
		.traits = traits,
		.data = data,
	};

	assert(log->started && log->store->writing);
	if (now > log->at && !log->placed)
		log->at = now;
	event.at = log->at;
	eventlog_check_newest(log, channel);
	bind(&log->append, channel, &event);
	if (!store_run(log->store, &log->append))
		return 0;
	log->newest = event.id;
	log->rows++;
	log->bytes += weight;
	channel_count(log->channels, channel, event.id, weight,
		channel_hides(log->channels, channel, traits));
	return event.id;
}

void eventlog_settle(struct eventlog *log)
{
	log->committed = log->newest;
	if (log->rows > 0) {
		log->newest_event = log->newest;
		lock_note(log->lock, log->newest);
	}
	log->rows = 0;
	log->bytes = 0;
}

void eventlog_revert(struct eventlog *log)
{
	log->newest = log->committed;
	log->rows = 0;
	log->bytes = 0;
}

bool eventlog_knows(const struct eventlog *log, uint64_t cursor)
{
	return cursor <= log->committed &&
	       epochs_find(&log->epochs, cursor) == NULL;
}

uint64_t eventlog_since(struct eventlog *log, uint64_t at)
{
	uint64_t low = 1, high = log->newest + 1, first = 0;

	/* Below the first there is nothing to find. */
	if (eventlog_time(log, &low, &first) && first >= at)
		return 1;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		uint64_t id = middle, found = 0;

		if (!eventlog_time(log, &id, &found) || found >= at)
			high = middle;
		else
			low = id + 1;
	}
	return low;
}

uint64_t eventlog_tail(struct eventlog *log, uint64_t bytes, uint64_t floor)
{
	struct query *query = &log->backwards;
	uint64_t begin = log->committed, sum = 0;
	int rows = 0;

	query_bind_int(query, 1, floor);
	while (store_step(log->store, query)) {
		sum += query_int(query, 1);
		if (sum > bytes || ++rows > TAIL_ROWS) {
			store_end(query);
			return begin;
		}
		begin = query_int(query, 0) - 1;
	}
	store_end(query);
	return rows == 0 ? begin : floor;
}
