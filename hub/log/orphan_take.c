/* SPDX-License-Identifier: MIT */
/*
 * orphan_take - what leaves the log becomes orphans (orphan.h)
 */
#include "config.h"

#include <string.h>

#include "hub/log/orphan.h"
#include "lib/event/active.h"
#include "lib/event/erasure.h"
#include "lib/event/traits.h"
#include "lib/wire.h"

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
