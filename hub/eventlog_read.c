#include "config.h"

#include "hub/eventlog.h"
#include "hub/sum.h"
#include "lib/log.h"

/* A row as it was read: the event, and how it hangs together with others. */
struct row {
	struct channel *channel;
	struct wire_event *event;
	uint64_t previous; /* of its channel; 0 = none, or not known */
	bool sound;
};

static void say_lost(struct eventlog *log, uint64_t id)
{
	for (size_t i = 0; i < EVENTLOG_SAID; i++)
		if (log->said[i] == id)
			return;
	log->said[log->said_count++ % EVENTLOG_SAID] = id;
	log_warnx("log %s: damaged: event %llu is not what was stored, or gone",
		log->store->path, (unsigned long long)id);
}

static uint64_t previous_of(uint64_t id, uint64_t back)
{
	return back == 0 || back > id ? 0 : id - back;
}

static struct row read_row(struct eventlog *log, const struct query *found,
	struct wire_event *event)
{
	struct row row = {.event = event};

	row.channel = channel_of_row(log->channels, query_int(found, 2));
	event->id = query_int(found, 0);
	event->at = query_int(found, 1);
	event->taken = 0;
	event->channel = channel_name(row.channel);
	event->type = query_bytes(found, 3);
	event->data = query_bytes(found, 4);
	if (query_type(found, 5) == DB_NULL) {
		row.sound = event->id <= log->channels->unsummed;
		return row;
	}
	row.previous = previous_of(event->id, query_int(found, 6));
	row.sound = query_int(found, 5) == sum_of_event(event, row.previous);
	return row;
}

_Noreturn static void end_damaged(const struct eventlog *log, uint64_t id)
{
	log_fatalx("log %s: damaged: event %llu is not in its place",
		log->store->path, (unsigned long long)id);
}

/* ---- of all channels */

void eventlog_read(struct eventlog *log, uint64_t after, uint64_t upto)
{
	query_bind_int(&log->range, 1, after);
	query_bind_int(&log->range, 2, upto);
	log->reached = after;
}

/* The event before it was neither sent to who began at `from`, nor pruned. */
static bool lacks_previous(const struct row *row, uint64_t from)
{
	return row->previous > from && row->previous > row->channel->sound &&
	       row->previous > row->channel->pruned_through;
}

/* Nothing comes after an event that would miss it. */
static enum eventlog_found at_the_end(
	struct eventlog *log, uint64_t from, struct wire_event *event)
{
	if (from >= log->ends_from)
		return EVENTLOG_END;
	event->id = channels_lost_end(log->channels, from);
	if (event->id != 0) {
		say_lost(log, event->id);
		return EVENTLOG_GAP;
	}
	log->ends_from = from;
	return EVENTLOG_END;
}

enum eventlog_found eventlog_next(
	struct eventlog *log, uint64_t from, struct wire_event *event)
{
	struct row row;

	if (!store_step(log->store, &log->range))
		return at_the_end(log, from, event);
	row = read_row(log, &log->range, event);
	if (event->id <= log->reached)
		end_damaged(log, event->id);
	log->reached = event->id;
	if (!row.sound) {
		say_lost(log, event->id);
		return EVENTLOG_GAP;
	}
	if (lacks_previous(&row, from)) {
		say_lost(log, row.previous);
		event->id--;
		return EVENTLOG_GAP;
	}
	if (event->id > row.channel->sound)
		row.channel->sound = event->id;
	return EVENTLOG_EVENT;
}

void eventlog_rest(struct eventlog *log)
{
	query_reset(&log->range);
	query_reset(&log->one);
}

/* ---- of one channel */

static bool must_be_there(
	const struct channel *channel, uint64_t id, uint64_t after)
{
	return id > after && id > channel->pruned_through;
}

uint64_t eventlog_next_on(
	struct eventlog *log, const struct channel *channel, uint64_t after)
{
	struct query *query = &log->next_on;
	uint64_t id = channel->newest;

	if (!must_be_there(channel, id, after))
		return 0;
	query_bind_int(query, 1, channel->number);
	query_bind_int(query, 2, after);
	if (store_step(log->store, query))
		id = query_int(query, 0);
	query_reset(query);
	if (id <= after)
		end_damaged(log, id);
	return id;
}

bool eventlog_get(struct eventlog *log, const struct channel *channel,
	uint64_t after, uint64_t id, struct wire_event *event, bool *gap)
{
	struct row row = {0};
	uint64_t lost = 0;

	query_reset(&log->one);
	query_bind_int(&log->one, 1, id);
	if (store_step(log->store, &log->one))
		row = read_row(log, &log->one, event);
	row.sound = row.sound && row.channel == channel;
	if (!row.sound)
		lost = id;
	else if (must_be_there(channel, row.previous, after))
		lost = row.previous;
	if (lost != 0) {
		say_lost(log, lost);
		*gap = true;
	}
	return row.sound;
}
