/* SPDX-License-Identifier: MIT */
/*
 * found - what the log has goes into an order that is empty (rooms.h)
 *
 * It is read row by row, each time anew: other readers use the log between two
 * of them.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log/orphan.h"
#include "hub/together/rooms.h"
#include "lib/event/active.h"
#include "lib/event/traits.h"

struct founding {
	struct shared_founding to;
	struct ledger *ledger;
	struct query key, cursor, name;
	uint64_t event, key_id; /* the last ones */
	size_t hole;		/* the next one */
	uint64_t young;		/* no hole up to there is told */
	struct buf orphans;	/* struct orphan_origin */
	struct buf identity;	/* of the last cursor; */
	struct buf inbox;	/* its name, of the last entry; */
	struct buf body;	/* what the last one borrows from, and ... */
	struct shared_item item;
};

static bool next_event(struct founding *founding, struct wire_event *event)
{
	struct eventlog *log = &founding->ledger->log;
	enum eventlog_found found;
	struct wire_event row;

	eventlog_read(log, founding->event, log->committed);
	do
		found = eventlog_next(log, founding->event, &row);
	while (found == EVENTLOG_LOSS);
	if (found == EVENTLOG_EVENT) {
		buf_clear(&founding->body);
		wire_put_event(&founding->body, &row);
	}
	eventlog_rest(log);
	return found == EVENTLOG_EVENT &&
	       wire_get_event(buf_span(&founding->body), event);
}

/* Which row of which inbox it was. */
static void put_row(struct founding *founding, struct shared_cursor *cursor,
	const struct origin *origin)
{
	struct store *store = &founding->ledger->store;

	buf_clear(&founding->inbox);
	query_bind_blob(&founding->name, 1,
		span((const char *)origin->inbox, ORIGIN_INBOX));
	if (store_step(store, &founding->name))
		buf_add_span(&founding->inbox, query_bytes(&founding->name, 0));
	store_end(&founding->name);
	cursor->name = buf_span(&founding->inbox);
	cursor->to = origin->row;
	memcpy(cursor->identity, origin->inbox, SHARED_ID);
}

static bool next_entry(void *arg, struct shared_entry *entry, uint64_t *shown)
{
	struct founding *founding = arg;
	struct wire_event event;
	struct origin origin;

	/* Who was there is told nobody where the order is shared. */
	do {
		if (!next_event(founding, &event))
			return false;
		founding->event = event.id;
	} while (active_is_reserved(event.channel));
	founding->item = (struct shared_item){.data = event.data};
	*entry = (struct shared_entry){
		.id = event.id,
		.at = event.at,
		.rows = 1,
		.what = {.channel = event.channel,
			.type = event.type,
			.traits = event.traits,
			.items = &founding->item,
			.count = 1,
			.rows = 1},
	};
	if (origin_find(event.traits, &origin)) {
		entry->what.source = origin.source;
		entry->what.number = origin.number;
		memcpy(entry->what.origin, origin.hub, SHARED_ID);
		if (origin.has_row)
			put_row(founding, &entry->what.cursor, &origin);
	}
	*shown = event.id + traits_rise(event.traits);
	return true;
}

/* Ids that were not given, or forgotten, in one piece: no log misses so many
 * that it was not told of. */
static bool next_hole(void *arg, struct shared_hole *hole)
{
	struct founding *founding = arg;
	const struct epochs *epochs = &founding->ledger->log.epochs;

	while (founding->hole < epochs->count) {
		const struct epoch *epoch = &epochs->all[founding->hole++];

		if (epoch->start <= founding->young ||
			epoch->start - epoch->last < SHARED_JUMP)
			continue;
		*hole = (struct shared_hole){epoch->last, epoch->start};
		return true;
	}
	return false;
}

static bool next_key(void *arg, struct shared_key *key)
{
	struct founding *founding = arg;
	struct ledger *ledger = founding->ledger;
	struct query *query = &founding->key;
	const struct channel *channel = NULL;

	store_end(query);
	while (channel == NULL) {
		query_bind_int(query, 1, founding->key_id);
		if (!store_step(&ledger->store, query))
			return false;
		founding->key_id = query_int(query, 0);
		channel = channel_numbered(
			&ledger->channels, query_int(query, 1));
		if (channel == NULL)
			store_end(query);
	}
	buf_clear(&founding->body);
	buf_add_span(&founding->body, query_bytes(query, 2));
	*key = (struct shared_key){
		.channel = channel_name(channel),
		.key = buf_span(&founding->body),
		.digest = {query_int(query, 3), query_int(query, 4)},
		.id = founding->key_id,
		.at = query_int(query, 5),
	};
	store_end(query);
	return true;
}

/* Rows that are to be put back are in no order. */
static void lower(const struct founding *founding, struct shared_cursor *cursor)
{
	uint64_t row = orphans_first_row(&founding->orphans, cursor->identity);

	if (row != 0 && row <= cursor->to)
		cursor->to = row - 1;
}

static bool next_cursor(void *arg, struct shared_cursor *cursor)
{
	struct founding *founding = arg;
	struct query *query = &founding->cursor;
	bool found;

	query_bind_blob(query, 1, buf_span(&founding->identity));
	found = store_step(&founding->ledger->store, query);
	if (found && query_bytes(query, 0).len == SHARED_ID) {
		buf_clear(&founding->identity);
		buf_add_span(&founding->identity, query_bytes(query, 0));
		buf_clear(&founding->body);
		buf_add_span(&founding->body, query_bytes(query, 1));
		*cursor = (struct shared_cursor){
			.name = buf_span(&founding->body),
			.to = query_int(query, 2),
		};
		memcpy(cursor->identity, founding->identity.at, SHARED_ID);
		lower(founding, cursor);
	}
	store_end(query);
	return found;
}

/* No event of the last key_age is up to there; what is older is put back by
 * nobody. */
static uint64_t find_young(struct ledger *ledger)
{
	uint64_t now = clock_date_ms(ledger->clock);
	uint64_t age = ledger->config->key_age_ms;

	return eventlog_since(&ledger->log, now > age ? now - age : 0) - 1;
}

/* What Redis would soon drop again is not put there: above which id the rest
 * is. */
static uint64_t begin_at(struct ledger *ledger)
{
	const struct config *config = ledger->config;
	uint64_t now = clock_date_ms(ledger->clock);
	uint64_t age = config->shared.keep_age_ms;
	uint64_t since =
		eventlog_since(&ledger->log, now > age ? now - age : 0) - 1;

	return eventlog_tail(
		&ledger->log, config->shared.keep_bytes / 2, since);
}

/* Something was there that is not any more, or is left out. */
static bool is_cut(const struct founding *founding)
{
	const struct channels *channels = &founding->ledger->channels;

	return founding->event > 0 || channels->sums.pruned_through > 0 ||
	       gone_newest(&channels->gone, true) > 0;
}

void found_begin(struct together *together)
{
	struct ledger *ledger = together->ledger;
	struct founding *founding;

	if (together->founding != NULL)
		return;
	founding = mem_new(sizeof(*founding));
	founding->ledger = ledger;
	founding->event = begin_at(ledger);
	founding->young = find_young(ledger);
	orphans_list(&ledger->store, &founding->orphans);
	founding->to = (struct shared_founding){
		.last = ledger->log.committed,
		.at = ledger->log.at,
		.cut = is_cut(founding),
		.from = founding->event,
		.entry = next_entry,
		.hole = next_hole,
		.key = next_key,
		.cursor = next_cursor,
		.arg = founding,
	};
	memcpy(founding->to.identity, ledger->log.identity, SHARED_ID);
	memcpy(founding->to.secret, ledger->log.secret, SHARED_SECRET);
	store_prepare(&ledger->store, &founding->key,
		"SELECT id, channel, name, high, low, at FROM key"
		" WHERE id > ? ORDER BY id LIMIT 1");
	store_prepare(&ledger->store, &founding->cursor,
		"SELECT identity, name, cursor FROM inbox"
		" WHERE identity > ? ORDER BY identity LIMIT 1");
	store_prepare(&ledger->store, &founding->name,
		"SELECT name FROM inbox WHERE identity = ?");
	together->founding = founding;
	shared_found(together->wing, &founding->to);
}

void found_end(struct together *together)
{
	struct founding *founding = together->founding;

	if (founding == NULL)
		return;
	together->founding = NULL;
	query_release(&founding->key);
	query_release(&founding->cursor);
	query_release(&founding->name);
	buf_release(&founding->orphans);
	buf_release(&founding->inbox);
	buf_release(&founding->identity);
	buf_release(&founding->body);
	free(founding);
}
