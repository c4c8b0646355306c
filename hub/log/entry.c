/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/entry.h"

#include "hub/log/coming.h"
#include "hub/log/orphan.h"
#include "lib/event/erasure.h"
#include "lib/event/traits.h"
#include "lib/text.h"

enum { KEY_BYTES = 255 };

/* ---- whether it will do */

static const char *item_fault(
	const struct proposal *what, const struct proposed *item)
{
	if (item->key.len > KEY_BYTES)
		return "its key is too long";
	return text_event_fault(what->channel, what->type, item->data);
}

static unsigned rows_of_item(const struct proposal *what)
{
	struct trait_topics topics;

	return trait_topics(what->traits, &topics) ? topics.count : 1;
}

/* As they are where a log was put into the order, row by row. */
static bool is_single(const struct entry *entry)
{
	return entry->rows == 1 && rows_of_item(&entry->what) > 1;
}

static const char *single_fault(const struct proposal *what)
{
	const char *fault = traits_fault(what->traits);
	struct trait_topics topics;
	struct span name = {0};

	if (fault != NULL || what->count != 1)
		return "it is no single row";
	trait_topics(what->traits, &topics);
	for (unsigned i = 0; i <= topics.index; i++)
		name = trait_next_topic(&topics.names);
	return span_equal(name, what->channel) ? NULL
					       : "it is on another channel";
}

static const char *erasure_fault(const struct proposal *what)
{
	struct erasure erasure;

	return what->count == 1 && traits_fault(what->traits) == NULL &&
			       erasure_get(what->traits, &erasure)
		       ? NULL
		       : "it does not say what was deleted";
}

static const char *what_fault(const struct proposal *what, bool single)
{
	const char *fault;

	if (erasure_is_channel(what->channel))
		return erasure_fault(what);
	if (coming_is(what))
		return coming_fault(what);
	fault = single ? single_fault(what) : proposal_fault(what);
	for (uint32_t i = 0; i < what->count && fault == NULL; i++)
		fault = item_fault(what, &what->items[i]);
	return fault;
}

const char *entry_fault(const struct ledger *ledger, const struct entry *entry)
{
	const struct proposal *what = &entry->what;
	bool single = is_single(entry);
	const char *fault = what_fault(what, single);

	if (fault != NULL)
		return fault;
	if (!single &&
		entry->rows != (uint64_t)what->count * rows_of_item(what))
		return "it has other rows than it says";
	if (entry->id >= WIRE_ID_MAX || entry->rows > entry->id ||
		entry->id - entry->rows < ledger->log.newest)
		return "its ids are others'";
	return NULL;
}

/* ---- into the transaction */

/* The traits of its rows, which differ by their indexes. */
struct rows {
	struct ledger *ledger;
	const struct proposal *what;
	struct buf traits;
	size_t index_at;
	uint32_t next; /* row of the entry */
	bool single;
};

static uint64_t append_row(
	struct rows *rows, struct span channel, struct span data)
{
	struct ledger *ledger = rows->ledger;

	origin_set_index(&rows->traits, rows->index_at, rows->next++);
	return ledger_append(ledger, channel_get(&ledger->channels, channel),
		rows->what->type, buf_span(&rows->traits), data);
}

/* The last row's id, or 0. */
static uint64_t append_item(struct rows *rows, const struct proposed *item)
{
	struct trait_topics topics;
	uint64_t id = 0;

	if (rows->single || !trait_topics(rows->what->traits, &topics))
		return append_row(rows, rows->what->channel, item->data);
	for (uint8_t i = 0; i < topics.count; i++) {
		struct span name = trait_next_topic(&topics.names);

		trait_set_index(&rows->traits, i);
		id = append_row(rows, name, item->data);
		if (id == 0)
			break;
	}
	return id;
}

static bool apply_item(struct rows *rows, struct proposed *item)
{
	struct ledger *ledger = rows->ledger;

	item->id = append_item(rows, item);
	if (item->id == 0)
		return false;
	labels_add(&ledger->log.labels, rows->what->traits,
		rows->single ? item->id + traits_rise(rows->what->traits)
			     : item->id);
	if (item->key.len > 0)
		keys_add(&ledger->keys,
			channel_get(&ledger->channels, rows->what->channel),
			item->key, item->digest, item->id, ledger->log.at);
	return true;
}

static bool apply_items(struct ledger *ledger, const struct entry *entry)
{
	struct rows rows = {
		.ledger = ledger,
		.what = &entry->what,
		.single = is_single(entry),
	};
	bool good = true;

	rows.index_at =
		origin_add(&rows.traits, entry->what.traits, &entry->origin);
	for (uint32_t i = 0; i < entry->what.count && good; i++)
		good = apply_item(&rows, &entry->what.items[i]);
	buf_release(&rows.traits);
	return good;
}

bool entry_apply(struct ledger *ledger, const struct entry *entry)
{
	const struct proposal *what = &entry->what;
	bool good;

	eventlog_place(&ledger->log, entry->id - entry->rows, entry->at);
	good = coming_is(what)
		       ? coming_apply(ledger, what, entry->at, &entry->origin)
		       : apply_items(ledger, entry);
	if (good && entry->orphan != 0)
		orphan_remove(&ledger->store, entry->orphan);
	return good && ledger->store.trouble == DB_DONE;
}

/* ---- what is not there */

/* Commits what leaves the log at `id`, beginning an epoch there. */
static bool begin_epoch(struct ledger *ledger, const struct epoch *epoch)
{
	struct eventlog *log = &ledger->log;

	uint64_t id = epoch->start > log->newest ? epoch->start : log->newest;

	epochs_write(&log->epochs, &ledger->store, epoch);
	eventlog_place(log, id, log->at);
	ledger_commit(ledger);
	if (!ledger->writable || log->committed < id)
		return false;
	epochs_add(&log->epochs, epoch);
	eventlog_find_newest(log);
	ring_restart(&ledger->ring, log->committed);
	log->losses++;
	return true;
}

/* Of whatever channel, what is up to there may be missing. */
static void mark_all(struct ledger *ledger, uint64_t upto)
{
	struct channels *channels = &ledger->channels;

	for (struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at))
		channel_mark_lost(channels, at, upto, ledger->log.at, false);
	channel_mark_lost(channels, NULL, upto, ledger->log.at, false);
}

/* What the log has above the hole's `last` leaves it; ids up to `mark` are not
 * had any more. */
static void take_orphans(struct ledger *ledger, const struct epoch *hole,
	uint64_t mark, const struct entry_orphaned *orphaned)
{
	bool lacks = mark > hole->start ||
		     epochs_leap_over(&ledger->log.epochs, hole->last);

	if (lacks)
		mark_all(ledger, mark);
	store_secure(&ledger->store); /* some of them may be deleted later */
	if (orphaned != NULL)
		orphaned->take(orphaned->arg, hole, lacks);
	orphans_take(ledger, hole->last);
	retention_take_back(&ledger->retention, hole->last, mark);
}

/* The order has gone on from the hole, and this log has been further by another
 * server, which is none any more.  The ids up to its newest were that one's,
 * and it goes on above them: what the order has there counts as pruned. */
static bool leap(struct ledger *ledger, const struct epoch *hole,
	const struct entry_orphaned *orphaned)
{
	const struct epoch rest = {hole->start, ledger->log.newest};

	take_orphans(ledger, hole, rest.start, orphaned);
	if (rest.start > hole->start &&
		!epochs_begin_at(&ledger->log.epochs, rest.start) &&
		(!begin_epoch(ledger, &rest) || !ledger_begin(ledger)))
		return false;
	return begin_epoch(ledger, hole);
}

bool entry_hole(struct ledger *ledger, const struct epoch *hole,
	const struct entry_orphaned *orphaned)
{
	ledger_commit(ledger);
	if (epochs_begin_at(&ledger->log.epochs, hole->start))
		return true; /* it is known */
	if (!ledger_begin(ledger))
		return false;
	if (hole->start <= ledger->log.newest)
		return leap(ledger, hole, orphaned);
	if (ledger->log.newest > hole->last)
		take_orphans(ledger, hole, hole->start, orphaned);
	return begin_epoch(ledger, hole);
}

bool entry_missed(struct ledger *ledger, uint64_t upto)
{
	struct epoch epoch = {ledger->log.newest, upto};

	ledger_commit(ledger);
	epoch.last = ledger->log.newest;
	if (upto <= epoch.last)
		return true;
	if (!ledger_begin(ledger))
		return false;
	mark_all(ledger, upto);
	return begin_epoch(ledger, &epoch);
}
