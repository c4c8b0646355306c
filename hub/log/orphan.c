/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/orphan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire.h"

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

/* What comes before its items. */
static void decode_head(struct orphan *orphan, struct wire_in *in)
{
	struct proposal *what = &orphan->what;
	struct origin *origin = &orphan->origin;
	struct span inbox;

	what->channel = wire_get_str16(in);
	what->type = wire_get_str8(in);
	what->traits = wire_get_str16(in);
	origin->source = wire_get_u64(in);
	origin->number = wire_get_u64(in);
	origin->has_row = wire_get_u8(in) != 0;
	inbox = wire_get_bytes(in, ORIGIN_INBOX);
	origin->row = wire_get_u64(in);
	what->count = wire_get_u32(in);
	if (!in->failed)
		memcpy(origin->inbox, inbox.at, ORIGIN_INBOX);
}

static bool decode(struct orphan *orphan, struct span body)
{
	struct proposal *what = &orphan->what;
	struct wire_in in = wire_in(body);

	decode_head(orphan, &in);
	if (in.failed || what->count == 0 || what->count > body.len)
		return false;
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

/* ---- by where they come from */

void orphans_list(struct store *store, struct buf *list)
{
	struct query query = {0};

	store_prepare(store, &query,
		"SELECT id, hub, body FROM orphan WHERE stays = 0");
	while (store_step(store, &query)) {
		struct span hub = query_bytes(&query, 1);
		struct wire_in in = wire_in(query_bytes(&query, 2));
		struct orphan orphan = {.id = query_int(&query, 0)};
		struct orphan_origin line = {.id = orphan.id};

		decode_head(&orphan, &in);
		line.origin = orphan.origin;
		if (hub.len == ORIGIN_HUB)
			memcpy(line.origin.hub, hub.at, ORIGIN_HUB);
		buf_add(list, &line, sizeof(line));
	}
	query_release(&query);
}

static const struct orphan_origin *lines_of(
	const struct buf *list, size_t *count)
{
	*count = list->len / sizeof(struct orphan_origin);
	return (const struct orphan_origin *)(const void *)list->at;
}

uint64_t orphans_first_row(
	const struct buf *list, const uint8_t inbox[ORIGIN_INBOX])
{
	size_t count;
	const struct orphan_origin *lines = lines_of(list, &count);
	uint64_t first = 0;

	for (size_t i = 0; i < count; i++) {
		const struct origin *origin = &lines[i].origin;

		if (origin->has_row &&
			memcmp(origin->inbox, inbox, ORIGIN_INBOX) == 0 &&
			(first == 0 || origin->row < first))
			first = origin->row;
	}
	return first;
}

static bool is_one_publish(const struct origin *one, const struct origin *other)
{
	if (one->number != other->number || one->row != other->row ||
		one->has_row != other->has_row)
		return false;
	if (one->has_row)
		return memcmp(one->inbox, other->inbox, ORIGIN_INBOX) == 0;
	return one->source != 0 && one->source == other->source &&
	       memcmp(one->hub, other->hub, ORIGIN_HUB) == 0;
}

uint64_t orphans_find(const struct buf *list, const struct origin *origin)
{
	size_t count;
	const struct orphan_origin *lines = lines_of(list, &count);

	for (size_t i = 0; i < count; i++)
		if (is_one_publish(&lines[i].origin, origin))
			return lines[i].id;
	return 0;
}
