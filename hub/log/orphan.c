/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/orphan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/event/active.h"
#include "lib/event/erasure.h"
#include "lib/event/traits.h"
#include "lib/wire.h"

/* ---- out of the log */

/* The entry that is being gathered: its body without the items, and these. */
struct gathering {
	struct ledger *ledger;
	struct query key, key_gone, add;
	struct buf head, items, traits;
	uint32_t count;
	struct orphan orphan; /* its id, time and origin */
	bool any;
};

static void put_key(struct gathering *gathering, uint64_t id)
{
	struct store *store = &gathering->ledger->store;
	struct buf *out = &gathering->items;
	bool found;

	query_bind_int(&gathering->key, 1, id);
	found = store_step(store, &gathering->key);
	wire_put_str8(
		out, found ? query_bytes(&gathering->key, 0) : span(NULL, 0));
	wire_put_u64(out, found ? query_int(&gathering->key, 1) : 0);
	wire_put_u64(out, found ? query_int(&gathering->key, 2) : 0);
	store_end(&gathering->key);
	if (!found)
		return;
	query_bind_int(&gathering->key_gone, 1, id);
	store_run(store, &gathering->key_gone);
}

static void finish(struct gathering *gathering)
{
	struct query *add = &gathering->add;
	struct buf *body = &gathering->head;

	if (!gathering->any)
		return;
	gathering->any = false;
	wire_put_u32(body, gathering->count);
	buf_add_span(body, buf_span(&gathering->items));
	query_bind_int(add, 1, gathering->orphan.id);
	query_bind_int(add, 2, gathering->orphan.at);
	query_bind_blob(add, 3, span(gathering->orphan.origin.hub, ORIGIN_HUB));
	query_bind_blob(add, 4, buf_span(body));
	store_run(&gathering->ledger->store, add);
}

/* Where it is put back there may be newer events, which it does not mean. */
static void bound_erasure(struct buf *traits, const struct wire_event *event)
{
	struct erasure erasure;

	if (!erasure_is_channel(event->channel) ||
		!erasure_get(event->traits, &erasure) ||
		erasure.channel.len == 0 || erasure.last != 0)
		return;
	erasure.last = event->id;
	buf_clear(traits);
	erasure_put(traits, &erasure);
}

static void begin(struct gathering *gathering, const struct wire_event *event,
	const struct origin *origin)
{
	struct buf *head = &gathering->head, *traits = &gathering->traits;
	struct trait_topics topics;

	finish(gathering);
	gathering->any = true;
	gathering->orphan.origin = *origin;
	gathering->orphan.at = event->at;
	gathering->count = 0;
	buf_clear(&gathering->items);
	buf_clear(head);
	buf_clear(traits);
	origin_strip(traits, event->traits);
	bound_erasure(traits, event);
	if (trait_topics(buf_span(traits), &topics))
		trait_set_index(traits, 0);
	wire_put_str16(head, event->channel);
	wire_put_str8(head, event->type);
	wire_put_str16(head, buf_span(traits));
	wire_put_u64(head, origin->source);
	wire_put_u64(head, origin->number);
	wire_put_u8(head, origin->has_row);
	wire_put_bytes(head, origin->inbox, ORIGIN_INBOX);
	wire_put_u64(head, origin->row);
}

/* It goes on with the entry that was begun. */
static bool is_same(const struct gathering *gathering,
	const struct wire_event *event, const struct origin *origin)
{
	const struct origin *begun = &gathering->orphan.origin;

	return gathering->any && origin->index > 0 &&
	       event->id == gathering->orphan.id + 1 &&
	       memcmp(begun->hub, origin->hub, ORIGIN_HUB) == 0 &&
	       begun->source == origin->source &&
	       begun->number == origin->number;
}

/* Of an event on several channels the first row says what it is. */
static void gather(struct gathering *gathering, const struct wire_event *event)
{
	struct trait_topics topics = {0};
	struct origin origin;

	/* Who is there is told anew, or has gone. */
	if (active_is_reserved(event->channel))
		return;
	if (!origin_find(event->traits, &origin))
		origin = (struct origin){0};
	if (trait_topics(event->traits, &topics) && topics.index > 0) {
		gathering->orphan.id = event->id;
		return;
	}
	if (!is_same(gathering, event, &origin))
		begin(gathering, event, &origin);
	gathering->orphan.id = event->id;
	gathering->count++;
	put_key(gathering, event->id + traits_rise(event->traits));
	wire_put_blob(&gathering->items, event->data);
}

static void read_all(struct gathering *gathering, uint64_t last)
{
	struct eventlog *log = &gathering->ledger->log;
	enum eventlog_found found;
	struct wire_event event;

	eventlog_read(log, last, log->newest);
	do {
		found = eventlog_next(log, last, &event);
		if (found == EVENTLOG_EVENT)
			gather(gathering, &event);
	} while (found != EVENTLOG_END);
	eventlog_rest(log);
	finish(gathering);
}

void orphans_take(struct ledger *ledger, uint64_t last)
{
	struct gathering gathering = {.ledger = ledger};
	struct store *store = &ledger->store;

	store_prepare(store, &gathering.key,
		"SELECT name, high, low FROM key WHERE id = ?");
	store_prepare(
		store, &gathering.key_gone, "DELETE FROM key WHERE id = ?");
	store_prepare(store, &gathering.add,
		"INSERT OR REPLACE INTO orphan(id, at, hub, body, stays)"
		" VALUES(?, ?, ?, ?, 0)");
	read_all(&gathering, last);
	query_release(&gathering.key);
	query_release(&gathering.key_gone);
	query_release(&gathering.add);
	buf_release(&gathering.head);
	buf_release(&gathering.items);
	buf_release(&gathering.traits);
}

/* ---- out of the table */

static void run_for(struct store *store, uint64_t id, const char *sql)
{
	struct query query = {0};

	store_prepare(store, &query, sql);
	query_bind_int(&query, 1, id);
	store_run(store, &query);
	query_release(&query);
}

void orphan_remove(struct store *store, uint64_t id)
{
	run_for(store, id, "DELETE FROM orphan WHERE id = ?");
}

void orphan_leave(struct store *store, uint64_t id)
{
	run_for(store, id, "UPDATE orphan SET stays = 1 WHERE id = ?");
}

bool orphan_next(struct store *store, uint64_t after,
	const uint8_t hub[ORIGIN_HUB], struct orphan_line *line)
{
	struct query query = {0};
	bool found;

	store_prepare(store, &query,
		"SELECT id, at FROM orphan WHERE id > ?1 AND stays = 0"
		" AND (?2 IS NULL OR hub = ?2 OR hub = zeroblob(16))"
		" ORDER BY id LIMIT 1");
	query_bind_int(&query, 1, after);
	if (hub != NULL)
		query_bind_blob(&query, 2, span(hub, ORIGIN_HUB));
	found = store_step(store, &query);
	if (found)
		*line = (struct orphan_line){
			query_int(&query, 0), query_int(&query, 1)};
	query_release(&query);
	return found;
}

uint64_t orphans_count(struct store *store)
{
	int64_t count = 0;

	return db_ask(&store->db, "SELECT count(*) FROM orphan WHERE stays = 0",
		       &count) == DB_DONE
		       ? (uint64_t)count
		       : 0;
}

static bool decode(struct orphan *orphan, struct span body)
{
	struct proposal *what = &orphan->what;
	struct origin *origin = &orphan->origin;
	struct wire_in in = wire_in(body);
	struct span inbox;

	what->channel = wire_get_str16(&in);
	what->type = wire_get_str8(&in);
	what->traits = wire_get_str16(&in);
	origin->source = wire_get_u64(&in);
	origin->number = wire_get_u64(&in);
	origin->has_row = wire_get_u8(&in) != 0;
	inbox = wire_get_bytes(&in, ORIGIN_INBOX);
	origin->row = wire_get_u64(&in);
	what->count = wire_get_u32(&in);
	if (in.failed || what->count == 0 || what->count > body.len)
		return false;
	memcpy(origin->inbox, inbox.at, ORIGIN_INBOX);
	what->items = mem_new(what->count * sizeof(*what->items));
	for (uint32_t i = 0; i < what->count; i++) {
		struct proposed *item = &what->items[i];

		item->key = wire_get_str8(&in);
		item->digest.high = wire_get_u64(&in);
		item->digest.low = wire_get_u64(&in);
		item->data = wire_get_blob(&in);
	}
	return wire_done(&in);
}

bool orphan_read(struct store *store, uint64_t id,
	void (*found)(void *arg, const struct orphan *orphan), void *arg)
{
	struct orphan orphan = {.id = id};
	struct query query = {0};
	bool good = false;

	store_prepare(
		store, &query, "SELECT at, hub, body FROM orphan WHERE id = ?");
	query_bind_int(&query, 1, id);
	if (store_step(store, &query)) {
		struct span hub = query_bytes(&query, 1);

		orphan.at = query_int(&query, 0);
		if (hub.len == ORIGIN_HUB)
			memcpy(orphan.origin.hub, hub.at, ORIGIN_HUB);
		good = decode(&orphan, query_bytes(&query, 2));
	}
	if (good)
		found(arg, &orphan);
	free(orphan.what.items);
	query_release(&query);
	return good;
}
