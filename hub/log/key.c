/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/key.h"

#include <assert.h>

#include "hub/log/disk/statement.h"

static const struct statement statements[] = {
	{offsetof(struct keys, find), "SELECT id, high, low, at FROM key WHERE "
				      "channel = ? AND name = ?"},
	{offsetof(struct keys, add),
		"INSERT OR REPLACE INTO key(id, channel, name, high, low, at)"
		" VALUES(?, ?, ?, ?, ?, ?)"},
	{offsetof(struct keys, oldest),
		"SELECT id, at FROM key ORDER BY id LIMIT ?"},
	{offsetof(struct keys, remove), "DELETE FROM key WHERE id <= ?"},
	{0},
};

void keys_open(struct keys *keys, struct store *store, uint64_t age_ms)
{
	keys->store = store;
	keys->age_ms = age_ms;
	statements_prepare(statements, keys, store);
}

void keys_close(struct keys *keys)
{
	statements_release(statements, keys);
}

enum key_state keys_look(struct keys *keys, const struct channel *channel,
	struct span name, struct digest digest, struct keyed *keyed)
{
	struct query *find = &keys->find;
	enum key_state state = KEY_NEW;

	*keyed = (struct keyed){0};
	if (channel == NULL || channel->keyed_at == 0)
		return KEY_NEW;
	query_bind_int(find, 1, channel->number);
	query_bind_blob(find, 2, name);
	if (store_step(keys->store, find)) {
		keyed->id = query_int(find, 0);
		keyed->at = query_int(find, 3);
		state = query_int(find, 1) == digest.high &&
					query_int(find, 2) == digest.low
				? KEY_REPEATED
				: KEY_CONFLICT;
	}
	store_end(find);
	return state;
}

void keys_add(struct keys *keys, struct channel *channel, struct span name,
	struct digest digest, uint64_t id, uint64_t at)
{
	struct query *add = &keys->add;

	assert(keys->store->writing);
	query_bind_int(add, 1, id);
	query_bind_int(add, 2, channel->number);
	query_bind_blob(add, 3, name);
	query_bind_int(add, 4, digest.high);
	query_bind_int(add, 5, digest.low);
	query_bind_int(add, 6, at);
	store_run(keys->store, add);
	/* The channel is dirty already: an event was just added to it. */
	channel->keyed_at = at;
}

bool keys_prune(struct keys *keys, uint64_t now, uint32_t limit)
{
	struct query *oldest = &keys->oldest;
	uint64_t through = 0;
	uint32_t due = 0;

	query_bind_int(oldest, 1, limit);
	while (store_step(keys->store, oldest)) {
		if (query_int(oldest, 1) + keys->age_ms >= now)
			break;
		through = query_int(oldest, 0);
		due++;
	}
	store_end(oldest);
	if (due == 0)
		return false;
	if (store_begin(keys->store)) {
		query_bind_int(&keys->remove, 1, through);
		store_run(keys->store, &keys->remove);
	}
	return due == limit;
}
