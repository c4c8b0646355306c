/* SPDX-License-Identifier: MIT */
/*
 * audit - what the log should have and has not (eventlog.h)
 */
#include "config.h"

#include <stdlib.h>

#include "hub/log/eventlog.h"
#include "lib/buf.h"

void eventlog_check_newest(struct eventlog *log, struct channel *channel)
{
	if (channel->newest_checked)
		return;
	channel->newest_checked = true;
	if (channel->newest > channel_past(channel) &&
		!eventlog_has(log, channel, channel->newest))
		eventlog_mark_lost(log, channel, channel->newest, true);
}

static int by_newest(const void *one, const void *other)
{
	const struct eventlog_end *a = one, *b = other;

	return (a->newest > b->newest) - (a->newest < b->newest);
}

/* Sorted once, so that who begins at the end of a log with a million channels
 * does not wait for them all. */
void eventlog_note_ends(struct eventlog *log)
{
	const struct channels *channels = log->channels;

	log->ends = mem_new((channels->numbers.count + 1) * sizeof(*log->ends));
	for (struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at))
		if (at->newest > channel_past(at))
			log->ends[log->end_count++] =
				(struct eventlog_end){at->newest, at->number};
	qsort(log->ends, log->end_count, sizeof(*log->ends), by_newest);
}

/* The one that goes on the longest. */
static void check_last_end(struct eventlog *log)
{
	struct channel *channel = channel_numbered(
		log->channels, log->ends[--log->end_count].number);

	if (channel != NULL)
		eventlog_check_newest(log, channel);
}

void eventlog_check_ends(struct eventlog *log, uint64_t after)
{
	while (log->end_count > 0 &&
		log->ends[log->end_count - 1].newest > after)
		check_last_end(log);
}

/* The highest id of its events. */
static uint64_t last_of(struct eventlog *log, uint64_t number)
{
	struct query query = {0};
	uint64_t id;

	store_prepare(log->store, &query,
		"SELECT max(id) FROM event WHERE channel = ?");
	query_bind_int(&query, 1, number);
	id = store_step(log->store, &query) ? query_int(&query, 0) : 0;
	query_release(&query);
	return id;
}

/* `oldest`: the id of its first row. */
static void check_owner(struct eventlog *log, uint64_t number, uint64_t oldest)
{
	struct channel *channel = channel_numbered(log->channels, number);
	uint64_t last;

	if (channel != NULL) {
		eventlog_check_newest(log, channel);
		if (channel->events > 0 && channel->oldest == 0 &&
			oldest > channel->erased)
			channel->oldest = oldest; /* as it is known now */
		return;
	}
	last = last_of(log, number);
	if (last > log->channels->floor)
		eventlog_mark_lost(log, NULL, last, false);
}

void eventlog_check_owners(struct eventlog *log, unsigned channels)
{
	struct query next = {0};
	uint64_t oldest = 0;

	if (log->owned)
		return;
	store_prepare(log->store, &next,
		"SELECT channel, id FROM event WHERE channel > ?"
		" ORDER BY channel, id LIMIT 1");
	for (; channels > 0 && !log->owners_done; channels--) {
		query_bind_int(&next, 1, log->owners);
		log->owners_done = !store_step(log->store, &next);
		if (!log->owners_done) {
			log->owners = query_int(&next, 0);
			oldest = query_int(&next, 1);
		}
		store_end(&next);
		if (!log->owners_done)
			check_owner(log, log->owners, oldest);
	}
	query_release(&next);
	/* Those without any event are left. */
	for (; channels > 0 && log->end_count > 0; channels--)
		check_last_end(log);
	log->owned = log->owners_done && log->end_count == 0;
}
