/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/entry.h"

#include "hub/log/orphan.h"
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

const char *entry_fault(const struct ledger *ledger, const struct entry *entry)
{
	const struct proposal *what = &entry->what;
	bool single = is_single(entry);
	const char *fault = single ? single_fault(what) : proposal_fault(what);

	for (uint32_t i = 0; i < what->count && fault == NULL; i++)
		fault = item_fault(what, &what->items[i]);
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

bool entry_apply(struct ledger *ledger, const struct entry *entry)
{
	struct rows rows = {
		.ledger = ledger,
		.what = &entry->what,
		.single = is_single(entry),
	};
	bool good = true;

	eventlog_place(&ledger->log, entry->id - entry->rows, entry->at);
	rows.index_at =
		origin_add(&rows.traits, entry->what.traits, &entry->origin);
	for (uint32_t i = 0; i < entry->what.count && good; i++)
		good = apply_item(&rows, &entry->what.items[i]);
	if (good && entry->orphan != 0)
		orphan_remove(&ledger->store, entry->orphan);
	buf_release(&rows.traits);
	return good && ledger->store.trouble == DB_DONE;
}

/* ---- what is not there */

/* Commits what leaves the log at `id`, beginning an epoch there. */
static bool begin_epoch(struct ledger *ledger, const struct epoch *epoch)
{
	struct eventlog *log = &ledger->log;

	epochs_write(&log->epochs, &ledger->store, epoch);
	eventlog_place(log, epoch->start, log->at);
	ledger_commit(ledger);
	if (log->committed < epoch->start)
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

static bool has_event(struct store *store, uint64_t id)
{
	struct query query = {0};
	bool found;

	store_prepare(store, &query, "SELECT 1 FROM event WHERE id = ?");
	query_bind_int(&query, 1, id);
	found = store_step(store, &query);
	query_release(&query);
	return found;
}

/* Has this log come by that id?  If not, it has followed another server
 * meanwhile, and lacks what this one had below it. */
static bool has_been_at(struct ledger *ledger, uint64_t id)
{
	const struct epochs *epochs = &ledger->log.epochs;

	for (size_t i = 0; i < epochs->count; i++)
		if (epochs->all[i].start == id)
			return true;
	return has_event(&ledger->store, id);
}

/* What the log holds above `last` it has from another server, where ids were
 * already higher than where this hole ends. */
static bool turn_back(struct ledger *ledger, uint64_t last)
{
	const struct epoch epoch = {last, ledger->log.newest + 1};

	if (ledger->log.newest_event <= last)
		return true;
	if (!ledger_begin(ledger))
		return false;
	mark_all(ledger, epoch.start);
	orphans_take(ledger, last);
	retention_take_back(&ledger->retention, last, epoch.start);
	return begin_epoch(ledger, &epoch);
}

bool entry_hole(struct ledger *ledger, const struct epoch *hole)
{
	ledger_commit(ledger);
	if (hole->start <= ledger->log.newest)
		return turn_back(ledger, hole->last);
	if (!ledger_begin(ledger))
		return false;
	if (ledger->log.newest > hole->last) {
		if (!has_been_at(ledger, hole->last))
			mark_all(ledger, hole->start);
		orphans_take(ledger, hole->last);
		retention_take_back(
			&ledger->retention, hole->last, hole->start);
	}
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
