/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/retention.h"

#include "lib/event/active.h"

struct due {
	uint64_t id, back, weight, at;
	struct channel *channel; /* NULL = it is nobody's */
	bool has_traits, is_private;
	bool early;  /* it is not too old */
	bool erased; /* it was deleted, and is counted no more */
};

/* What could not be read now is looked at again in so many ms. */
enum { UNREAD_MS = 1000 };

/* How far above its limits something is. */
struct excess {
	uint64_t events, bytes;
	uint64_t before; /* ms; what is older goes */
};

void retention_open(struct retention *retention, const struct config *config,
	struct eventlog *log, struct keys *keys,
	const struct calendar *calendar)
{
	struct store *store = log->store;

	retention->config = config;
	retention->log = log;
	retention->keys = keys;
	retention->calendar = calendar;
	retention->left = RETENTION_STEP;
	store_prepare(store, &retention->pool,
		"SELECT id, " CHANNEL_WEIGHT ", at, channel, back, traits"
		" FROM event WHERE id > ? ORDER BY id LIMIT 4000");
	store_prepare(store, &retention->channel,
		"SELECT id, " CHANNEL_WEIGHT ", at, channel, back, traits"
		" FROM event WHERE channel = ? AND id > ? ORDER BY id");
	store_prepare(
		store, &retention->remove, "DELETE FROM event WHERE id = ?");
}

void retention_close(struct retention *retention)
{
	query_release(&retention->pool);
	query_release(&retention->channel);
	query_release(&retention->remove);
}

static uint64_t above(uint64_t have, uint64_t limit)
{
	return limit != 0 && have > limit ? have - limit : 0;
}

static struct excess excess_of(const struct retention *retention,
	const struct keep *keep, uint64_t events, uint64_t bytes)
{
	struct excess excess = {
		.events = above(events, keep->events),
		.bytes = above(bytes, keep->bytes),
	};

	if (keep->age_ms != 0)
		excess.before =
			calendar_before(retention->calendar, keep->age_ms);
	return excess;
}

static bool is_due(const struct excess *excess, const struct due *due)
{
	return excess->events > 0 || excess->bytes > 0 ||
	       due->at < excess->before;
}

static void take(struct excess *excess, const struct due *due)
{
	if (excess->events > 0)
		excess->events--;
	excess->bytes -=
		excess->bytes < due->weight ? excess->bytes : due->weight;
}

static void read_due(const struct channels *channels, const struct query *row,
	struct due *due)
{
	due->id = query_int(row, 0);
	due->weight = query_int(row, 1);
	due->at = query_int(row, 2);
	due->channel = channel_numbered(channels, query_int(row, 3));
	due->back = query_int(row, 4);
	due->has_traits = query_type(row, 5) != DB_NULL;
	due->erased = due->channel != NULL && due->id <= due->channel->erased;
	due->is_private =
		due->has_traits && due->channel != NULL &&
		channel_hides(channels, due->channel, query_bytes(row, 5));
}

static void remove_due(struct retention *retention, const struct due *due)
{
	struct eventlog *log = retention->log;
	struct channel *channel = due->channel;
	uint64_t previous = due->id - due->back;

	if (due->has_traits)
		labels_let_go(&log->labels, due->id);
	query_bind_int(&retention->remove, 1, due->id);
	if (!store_run(log->store, &retention->remove) || channel == NULL)
		return;
	/* One that nobody has missed before is counted all the same. */
	if (due->back > 0 && due->back < due->id &&
		previous > channel_past(channel))
		eventlog_mark_lost(log, channel, previous, true);
	if (due->early && span_is(channel_name(channel), ACTIVE_CHANNEL))
		retention->crowding++;
	channel_uncount(log->channels, channel, due->id, due->weight, due->at,
		due->is_private);
}

/* The transaction has room for it: of large ones it deletes fewer. */
static bool has_room(const struct retention *retention, uint32_t count)
{
	return count < retention->left &&
	       retention->bytes < RETENTION_STEP_BYTES;
}

/* Deletes what the statement, a scan in the order of ids, finds due.  What was
 * deleted on request goes by itself (erase.h).  The time of the first event
 * that stays; UINT64_MAX if it did not come to one. */
static uint64_t scan(
	struct retention *retention, struct query *rows, struct excess *excess)
{
	struct eventlog *log = retention->log;
	bool of_pool = rows == &retention->pool;
	struct due dues[RETENTION_STEP];
	uint32_t count = 0;
	uint64_t stays = UINT64_MAX;

	while (has_room(retention, count) && store_step(log->store, rows)) {
		struct due *due = &dues[count];

		read_due(log->channels, rows, due);
		if (!due->erased && (!of_pool || due->channel == NULL ||
					    due->channel->keep == NULL)) {
			if (!is_due(excess, due)) {
				stays = due->at;
				break;
			}
			take(excess, due);
			due->early = due->at >= excess->before;
			retention->bytes += due->weight;
			count++;
		}
		if (of_pool)
			retention->pool_low = due->id;
	}
	store_end(rows);
	for (uint32_t i = 0; i < count && store_begin(log->store); i++)
		remove_due(retention, &dues[i]);
	retention->left -= count;
	if (!has_room(retention, 0))
		retention->left = 0;
	return stays;
}

/* Counts that include missing rows would delete others in their place. */
static bool may_count(const struct eventlog *log)
{
	return log->owned && log->channels->miscounted == 0;
}

static void prune_pool(struct retention *retention, uint64_t slack)
{
	const struct channels *channels = retention->log->channels;
	struct excess excess = excess_of(retention, &retention->config->keep,
		channels->sums.pool_events, channels->sums.pool_bytes);

	if (slack > 0 && excess.events < slack && excess.bytes < slack * 1024 &&
		!retention->behind)
		return;
	query_bind_int(&retention->pool, 1, retention->pool_low);
	(void)scan(retention, &retention->pool, &excess);
}

/* When the channel is to be looked at again, of which the first event that
 * stays is of that time. */
static uint64_t next_look(const struct retention *retention,
	const struct channel *channel, uint64_t stays)
{
	if (retention->left == 0)
		return 0;
	if (channel->events == 0 ||
		(stays != UINT64_MAX && channel->keep->age_ms == 0))
		return UINT64_MAX;
	return stays == UINT64_MAX
		       ? calendar_date(retention->calendar) + UNREAD_MS
		       : stays + channel->keep->age_ms + 1;
}

static void prune_channel(
	struct retention *retention, struct channel *channel, uint64_t slack)
{
	struct excess excess = excess_of(
		retention, channel->keep, channel->events, channel->bytes);
	uint64_t stays;

	if (slack > 0 && excess.events < slack && excess.bytes < slack * 1024 &&
		!retention->behind)
		return;
	query_bind_int(&retention->channel, 1, channel->number);
	query_bind_int(&retention->channel, 2, channel->erased);
	stays = scan(retention, &retention->channel, &excess);
	limits_look(&retention->log->channels->limits, channel,
		next_look(retention, channel, stays));
}

/* Those whose date has come, some of them; true if there are more. */
static bool prune_channels(struct retention *retention)
{
	struct channels *channels = retention->log->channels;
	uint64_t date = calendar_date(retention->calendar);
	struct channel *channel;

	for (int i = 0; i < RETENTION_LOOKS && retention->left > 0; i++) {
		channel = limits_due(&channels->limits, date);
		if (channel == NULL)
			return false;
		prune_channel(retention, channel, 0);
	}
	return limits_due(&channels->limits, date) != NULL;
}

void retention_keep_up(struct retention *retention)
{
	struct eventlog *log = retention->log;
	struct channel *dirty = log->channels->dirty;

	if (log->rows == 0 || !may_count(log))
		return;
	for (struct channel *at = dirty; at != NULL; at = at->next_dirty)
		if (at->keep != NULL)
			prune_channel(retention, at, RETENTION_SLACK);
	prune_pool(retention, RETENTION_SLACK);
}

void retention_step(struct retention *retention)
{
	struct channels *channels = retention->log->channels;
	bool channels_left, keys_left;

	if (!may_count(retention->log)) {
		channels_recount(channels);
		return;
	}
	prune_pool(retention, 0);
	channels_left = prune_channels(retention);
	keys_left = keys_prune(retention->keys,
		calendar_date(retention->calendar), RETENTION_STEP);
	retention->behind = retention->left == 0 || channels_left || keys_left;
}

static void take_back(
	struct retention *retention, const struct due *due, uint64_t mark)
{
	struct eventlog *log = retention->log;

	if (due->has_traits)
		labels_let_go(&log->labels, due->id);
	query_bind_int(&retention->remove, 1, due->id);
	if (store_run(log->store, &retention->remove) && due->channel != NULL &&
		!due->erased)
		channel_uncount(log->channels, due->channel, mark, due->weight,
			due->at, due->is_private);
}

void retention_take_back(
	struct retention *retention, uint64_t after, uint64_t mark)
{
	struct store *store = retention->log->store;
	struct query *rows = &retention->pool;
	struct due dues[RETENTION_STEP];
	uint32_t count;

	do {
		count = 0;
		query_bind_int(rows, 1, after);
		while (count < RETENTION_STEP && store_step(store, rows))
			read_due(
				retention->log->channels, rows, &dues[count++]);
		store_end(rows);
		for (uint32_t i = 0; i < count; i++)
			take_back(retention, &dues[i], mark);
	} while (count > 0 && store->trouble == DB_DONE);
}

void retention_settle(struct retention *retention)
{
	retention->crowded += retention->crowding;
	retention->crowding = 0;
	retention->left = RETENTION_STEP;
	retention->bytes = 0;
}

void retention_revert(struct retention *retention)
{
	retention->crowding = 0;
	retention->left = RETENTION_STEP;
	retention->bytes = 0;
	retention->pool_low = 0;
	retention->behind = false;
}
