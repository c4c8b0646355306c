/* SPDX-License-Identifier: MIT */
/*
 * reader - events, read from the log and looked through (eventlog.h)
 */
#include "config.h"

#include "hub/lines.h"
#include "hub/log/checksum.h"
#include "hub/log/eventlog.h"
#include "lib/log.h"

enum {
	LOOK_AROUND = 100, /* rows, for one that is whole */
};

/* A distance that cannot be is found out by the checksum. */
static uint64_t previous_of(uint64_t id, uint64_t back)
{
	return back == 0 || back > id ? 0 : id - back;
}

static struct eventlog_row read_row(struct eventlog *log,
	const struct query *found, struct wire_event *event)
{
	struct eventlog_row row = {0};

	*event = (struct wire_event){
		.id = query_int(found, 0),
		.at = query_int(found, 1),
		.type = query_bytes(found, 3),
		.data = query_bytes(found, 4),
		.traits = query_bytes(found, 7),
	};
	row.channel = channel_numbered(log->channels, query_int(found, 2));
	if (row.channel == NULL)
		return row;
	event->channel = channel_name(row.channel);
	if (query_type(found, 5) == DB_NULL) {
		row.sound = event->id <= log->channels->unsummed;
		return row;
	}
	row.summed = true;
	row.previous = previous_of(event->id, query_int(found, 6));
	row.sound =
		query_int(found, 5) == checksum_of_event(event, row.previous);
	return row;
}

_Noreturn static void end_damaged(const struct eventlog *log, uint64_t id)
{
	log_fatalx(
		LINE_LOG_MISPLACED, log->store->path, (unsigned long long)id);
}

/* The first of the rows that is whole or, if a hundred are not, the last of
 * them, in which case its time is no later than now. */
static bool first_sound(
	struct eventlog *log, struct query *rows, struct wire_event *event)
{
	uint64_t now = clock_date_ms(log->clock);

	for (int i = 0; i < LOOK_AROUND; i++) {
		if (!store_step(log->store, rows))
			return i > 0;
		if (read_row(log, rows, event).sound)
			return true;
		if (event->at > now)
			event->at = now;
	}
	return true;
}

bool eventlog_time(struct eventlog *log, uint64_t *id, uint64_t *at)
{
	struct wire_event event;
	bool found;

	query_bind_int(&log->at_or_after, 1, *id);
	found = first_sound(log, &log->at_or_after, &event);
	store_end(&log->at_or_after);
	if (found) {
		*id = event.id;
		*at = event.at;
	}
	return found;
}

/* When it was, as far as the log knows: no later than the event after it. */
static uint64_t time_of(struct eventlog *log, uint64_t id)
{
	uint64_t at;

	return eventlog_time(log, &id, &at) ? at : clock_date_ms(log->clock);
}

void eventlog_mark_lost(struct eventlog *log, struct channel *channel,
	uint64_t id, bool missing)
{
	log_warnx(LINE_LOG_DAMAGED_EVENT, log->store->path,
		(unsigned long long)id);
	channel_mark_lost(
		log->channels, channel, id, time_of(log, id + 1), missing);
	log->losses++;
}

bool eventlog_has(
	struct eventlog *log, const struct channel *channel, uint64_t id)
{
	struct query *query = &log->owner;
	bool has;

	query_bind_int(query, 1, id);
	has = store_step(log->store, query) &&
	      query_int(query, 0) == channel->number;
	store_end(query);
	return has;
}

/* ---- of all channels */

void eventlog_read(struct eventlog *log, uint64_t after, uint64_t upto)
{
	query_bind_int(&log->range, 1, after);
	query_bind_int(&log->range, 2, upto);
	log->reached = after;
}

/* Said before, and told by the marks. */
static bool is_marked(
	const struct eventlog *log, const struct eventlog_row *row, uint64_t id)
{
	return id <= (row->channel != NULL ? channel_past(row->channel)
					   : log->channels->floor);
}

static bool lacks_previous(
	struct eventlog *log, const struct eventlog_row *row, uint64_t from)
{
	return row->previous > from &&
	       row->previous > channel_past(row->channel) &&
	       !eventlog_has(log, row->channel, row->previous);
}

/* One that was deleted, and only waits to go. */
static bool is_erased(const struct eventlog_row *row, uint64_t id)
{
	return row->channel != NULL && id <= row->channel->erased;
}

enum eventlog_found eventlog_next(
	struct eventlog *log, uint64_t from, struct wire_event *event)
{
	while (store_step(log->store, &log->range)) {
		struct eventlog_row row = read_row(log, &log->range, event);

		if (event->id <= log->reached)
			end_damaged(log, event->id);
		log->reached = event->id;
		if (is_erased(&row, event->id))
			continue;
		if (row.sound && !lacks_previous(log, &row, from))
			return EVENTLOG_EVENT;
		if (row.sound)
			eventlog_mark_lost(
				log, row.channel, row.previous, true);
		else if (is_marked(log, &row, event->id))
			continue;
		else
			eventlog_mark_lost(log, row.channel, event->id, false);
		return EVENTLOG_LOSS;
	}
	return EVENTLOG_END;
}

uint64_t eventlog_last_time(struct eventlog *log)
{
	struct query query = {0};
	struct wire_event event = {0};

	store_prepare(log->store, &query,
		"SELECT " EVENTLOG_ROW " FROM event"
		" ORDER BY id DESC");
	first_sound(log, &query, &event);
	query_release(&query);
	return event.at;
}

void eventlog_rest(struct eventlog *log)
{
	store_end(&log->range);
	store_end(&log->walk);
	store_end(&log->one);
}

/* ---- of one channel */

static struct eventlog_row read_one(
	struct eventlog *log, uint64_t id, struct wire_event *event)
{
	store_end(&log->one);
	query_bind_int(&log->one, 1, id);
	if (!store_step(log->store, &log->one))
		return (struct eventlog_row){0};
	return read_row(log, &log->one, event);
}

bool eventlog_look(struct eventlog *log, uint64_t id, struct wire_event *event,
	struct eventlog_row *row)
{
	event->id = 0;
	*row = read_one(log, id, event);
	return event->id == id;
}

static bool must_be_there(
	const struct channel *channel, uint64_t id, uint64_t after)
{
	return id > after && id > channel_past(channel);
}

void eventlog_walk(
	struct eventlog *log, const struct channel *channel, uint64_t after)
{
	if (after < channel->erased)
		after = channel->erased;
	store_end(&log->walk);
	query_bind_int(&log->walk, 1, channel->number);
	query_bind_int(&log->walk, 2, after);
	log->reached = after;
	log->on_row = false;
	log->walked = channel->newest <= after;
}

/* The row that was found last, if it has not been told, or the next one. */
static bool find_row(struct eventlog *log, struct eventlog_row *row,
	struct wire_event *event)
{
	if (!log->on_row && !log->walked) {
		log->on_row = store_step(log->store, &log->walk);
		log->walked = !log->on_row;
	}
	if (!log->on_row)
		return false;
	*row = read_row(log, &log->walk, event);
	if (event->id <= log->reached)
		end_damaged(log, event->id);
	return true;
}

static bool is_whole(
	const struct eventlog_row *row, const struct channel *channel)
{
	return row->sound && row->channel == channel;
}

/* Something that is lost is told once; later it is passed over. */
static enum eventlog_found tell(struct eventlog *log, struct channel *channel,
	const struct eventlog_row *row, uint64_t id)
{
	log->reached = id;
	if (is_whole(row, channel))
		return EVENTLOG_EVENT;
	if (id <= channel_past(channel))
		return EVENTLOG_END;
	eventlog_mark_lost(log, channel, id, row->channel != channel);
	return EVENTLOG_LOSS;
}

enum eventlog_found eventlog_step(struct eventlog *log, struct channel *channel,
	uint64_t upto, struct wire_event *event)
{
	enum eventlog_found found;

	do {
		struct eventlog_row row = {0};
		bool any = find_row(log, &row, event);
		uint64_t id = any ? event->id : 0, must = channel->newest;

		if (any)
			must = is_whole(&row, channel) ? row.previous : 0;
		if (must_be_there(channel, must, log->reached)) {
			if (must > upto)
				return EVENTLOG_END;
			id = must;
			row = read_one(log, id, event);
		} else if (!any || id > upto) {
			return EVENTLOG_END;
		} else {
			log->on_row = false;
		}
		found = tell(log, channel, &row, id);
	} while (found == EVENTLOG_END);
	return found;
}
