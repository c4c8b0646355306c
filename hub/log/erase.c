/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/erase.h"

#include <stddef.h>

#include "hub/log/checksum.h"
#include "hub/log/disk/statement.h"
#include "lib/event/traits.h"

static const struct statement statements[] = {
	{offsetof(struct erasures, above),
		"SELECT id FROM event WHERE id > ? AND id < ?"
		" ORDER BY id LIMIT 1"},
	{offsetof(struct erasures, next),
		"SELECT id FROM event WHERE channel = ? AND id > ?"
		" ORDER BY id LIMIT 1"},
	{offsetof(struct erasures, previous),
		"SELECT id FROM event WHERE channel = ? AND id < ?"
		" ORDER BY id DESC LIMIT 1"},
	{offsetof(struct erasures, link),
		"UPDATE event SET back = ?2, sum = ?3 WHERE id = ?1"},
	{offsetof(struct erasures, rows),
		"SELECT id, length(data), traits IS NOT NULL FROM event"
		" WHERE channel = ? AND id <= ? ORDER BY id LIMIT 200"},
	{offsetof(struct erasures, remove), "DELETE FROM event WHERE id = ?"},
	{offsetof(struct erasures, note),
		"INSERT OR IGNORE INTO erasing(channel) VALUES(?)"},
	{offsetof(struct erasures, done),
		"DELETE FROM erasing WHERE channel = ?"},
	{offsetof(struct erasures, told),
		"SELECT id, traits FROM event WHERE channel = ?"
		" ORDER BY id DESC LIMIT 1000"},
	{offsetof(struct erasures, orphan),
		"DELETE FROM orphan WHERE id BETWEEN ? AND ?"},
	{offsetof(struct erasures, orphans),
		"DELETE FROM orphan WHERE substr(body, 1, length(?1)) = ?1"
		" AND (?2 = 0 OR id <= ?2)"},
	{0},
};

void erasures_open(struct erasures *erasures, struct eventlog *log)
{
	erasures->log = log;
	statements_prepare(statements, erasures, log->store);
	erasures_look(erasures);
}

void erasures_close(struct erasures *erasures)
{
	statements_release(statements, erasures);
	buf_release(&erasures->waiting);
}

/* ---- one row */

uint64_t erasures_ask(
	struct erasures *erasures, struct query *query, uint64_t a, uint64_t b)
{
	uint64_t id = 0;

	query_bind_int(query, 1, a);
	query_bind_int(query, 2, b);
	if (store_step(erasures->log->store, query))
		id = query_int(query, 0);
	store_end(query);
	return id;
}

/* The channel's event after `id` comes right behind `previous` from now on.  If
 * it does not hang together with `id`, it is left to say so. */
static void close_up(struct erasures *erasures, struct channel *channel,
	uint64_t id, uint64_t previous)
{
	struct eventlog *log = erasures->log;
	uint64_t next =
		erasures_ask(erasures, &erasures->next, channel->number, id);
	struct query *link = &erasures->link;
	struct eventlog_row row;
	struct wire_event event;

	if (next == 0) {
		channel->newest = previous;
		if (channel->shown != NULL && channel->shown->newest > previous)
			channel->shown->newest = previous;
		return;
	}
	if (eventlog_look(log, next, &event, &row) && row.sound && row.summed &&
		row.previous == id) {
		query_bind_int(link, 1, next);
		query_bind_int(link, 2, next - previous);
		query_bind_int(link, 3, checksum_of_event(&event, previous));
		store_run(log->store, link);
		log->bytes += event.data.len; /* it is written anew */
	}
	eventlog_rest(log);
}

/* Whether the event before it is there, if it had one; else that is lost, and
 * nobody would find out later. */
static void check_previous(
	struct eventlog *log, struct channel *channel, uint64_t previous)
{
	if (previous > channel_past(channel) &&
		!eventlog_has(log, channel, previous))
		eventlog_mark_lost(log, channel, previous, true);
}

/* It has been read: what is known of it. */
struct erased_row {
	uint64_t id, weight, previous;
	struct channel *channel;
	bool sound, has_traits, is_private;
};

static bool read_erased(
	struct erasures *erasures, uint64_t id, struct erased_row *erased)
{
	struct eventlog *log = erasures->log;
	struct eventlog_row row;
	struct wire_event event;
	bool found = eventlog_look(log, id, &event, &row);

	if (found)
		*erased = (struct erased_row){
			.id = id,
			.weight = channel_weight(event.type.len, event.data.len,
				event.traits.len),
			.previous = row.previous,
			.channel = row.channel,
			.sound = row.sound,
			.has_traits = event.traits.len > 0,
			.is_private = row.channel != NULL &&
				      channel_hides(log->channels, row.channel,
					      event.traits),
		};
	eventlog_rest(log);
	return found;
}

static void erase_row(struct erasures *erasures, uint64_t id, bool secure)
{
	struct eventlog *log = erasures->log;
	struct erased_row row;
	uint64_t previous;

	if (!read_erased(erasures, id, &row) || row.channel == NULL ||
		row.channel->internal || id <= row.channel->erased)
		return;
	if (secure)
		store_secure(log->store);
	check_previous(log, row.channel, row.previous);
	previous = erasures_ask(
		erasures, &erasures->previous, row.channel->number, id);
	erasures_remove(erasures, id, row.has_traits);
	log->bytes += row.weight; /* of the transaction: it may be full */
	if (!row.sound) {
		eventlog_mark_lost(log, row.channel, id, true);
		return;
	}
	if (previous <= row.channel->erased)
		row.channel->erased = id; /* it was the first */
	else
		close_up(erasures, row.channel, id, previous);
	channel_erase(
		log->channels, row.channel, id, row.weight, row.is_private);
}

void erasures_erase(struct erasures *erasures, uint64_t id)
{
	erase_row(erasures, id, false);
}

/* ---- what an erasure says */

/* One that was put back: what has come since stays. */
static void erase_up_to(
	struct erasures *erasures, struct channel *channel, uint64_t last)
{
	const struct store *store = erasures->log->store;
	uint64_t id = channel->erased;

	while (store->trouble == DB_DONE &&
		(id = erasures_ask(erasures, &erasures->next, channel->number,
			 id)) != 0 &&
		id <= last)
		erase_row(erasures, id, true);
}

/* A body begins with its channel. */
static void forget_orphans(
	struct erasures *erasures, struct span channel, uint64_t last)
{
	struct query *orphans = &erasures->orphans;
	struct buf head = {0};

	wire_put_str16(&head, channel);
	query_bind_blob(orphans, 1, buf_span(&head));
	query_bind_int(orphans, 2, last);
	store_run(erasures->log->store, orphans);
	buf_release(&head);
}

static void apply_to_channel(
	struct erasures *erasures, const struct erasure *erasure)
{
	struct channel *channel =
		channel_find(erasures->log->channels, erasure->channel);

	forget_orphans(erasures, erasure->channel, erasure->last);
	if (channel == NULL || channel->internal)
		return;
	if (erasure->last == 0 || channel->newest <= erasure->last)
		erasures_erase_channel(erasures, channel);
	else
		erase_up_to(erasures, channel, erasure->last);
}

void erasures_apply(struct erasures *erasures, struct span traits, uint64_t id)
{
	struct erasure erasure;

	if (!erasure_get(traits, &erasure))
		return;
	/* What the shared order forgot is not put back then. */
	store_secure(erasures->log->store);
	if (erasure.channel.len > 0) {
		apply_to_channel(erasures, &erasure);
		return;
	}
	query_bind_int(&erasures->orphan, 1, erasure.first);
	query_bind_int(&erasures->orphan, 2, erasure.last);
	store_run(erasures->log->store, &erasures->orphan);
	for (uint64_t at = erasure.first; at <= erasure.last && at < id; at++)
		erase_row(erasures, at, true);
}
