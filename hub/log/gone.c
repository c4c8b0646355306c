/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/gone.h"

#include <assert.h>
#include <string.h>

#include "hub/lines.h"
#include "hub/log/checksum.h"
#include "hub/log/disk/statement.h"
#include "lib/log.h"

static uint64_t hash_of(
	const struct gone *gone, struct span name, enum gone_part part)
{
	return siphash(&gone->secret, name) ^ (uint64_t)part;
}

/* ---- beginning and end */

static void read_secret(struct gone *gone)
{
	struct query query = {0};
	struct span secret;

	store_prepare(gone->store, &query,
		"SELECT value FROM meta WHERE name = 'secret'");
	if (!store_step(gone->store, &query))
		log_fatalx(LINE_LOG_NO_SECRET, gone->store->path);
	secret = query_bytes(&query, 0);
	if (secret.len != sizeof(gone->secret))
		log_fatalx(LINE_LOG_DAMAGED_SECRET, gone->store->path);
	memcpy(&gone->secret, secret.at, secret.len);
	query_release(&query);
}

static void remove_hash(struct gone *gone, uint64_t hash)
{
	query_bind_int(&gone->remove, 1, hash);
	if (store_run(gone->store, &gone->remove))
		gone->count--;
}

static void count_rows(struct gone *gone)
{
	if (db_ask(&gone->store->db, "SELECT count(*) FROM gone",
		    &gone->count) != DB_DONE)
		log_fatalx(LINE_LOG_SQLITE, gone->store->path,
			db_error(&gone->store->db));
}

static void say_damaged(const struct gone *gone)
{
	log_warnx(LINE_LOG_DAMAGED_MARK, gone->store->path);
}

struct found {
	uint64_t hash;
	struct mark mark;
	enum gone_part part;
	bool sound;
};

#define MARKS "SELECT hash, mark, at, rest, sum FROM gone"

/* The first row of a query; false if there is none. */
static bool find(struct gone *gone, struct query *query, struct found *found)
{
	bool is = store_step(gone->store, query);

	if (is) {
		found->hash = query_int(query, 0);
		found->mark.through = query_int(query, 1);
		found->mark.at = query_int(query, 2);
		found->part = query_int(query, 3) == 0 ? GONE_SHOWN : GONE_REST;
		found->sound = query_int(query, 4) ==
			       checksum_of_mark(
				       found->hash, found->part, &found->mark);
	}
	store_end(query);
	return is;
}

/* Each row that is damaged and would be it is deleted: false if there were
 * any. */
static bool find_newest(struct gone *gone, enum gone_part part)
{
	struct query query = {0};
	struct found found;
	bool sound = true;

	store_prepare(gone->store, &query,
		MARKS " WHERE rest = ? ORDER BY mark DESC LIMIT 1");
	query_bind_int(&query, 1, part);
	while (find(gone, &query, &found)) {
		if (found.sound) {
			gone->newest[part] = found.mark.through;
			break;
		}
		say_damaged(gone);
		sound = false;
		remove_hash(gone, found.hash);
		if (gone->store->trouble != DB_DONE)
			break;
		query_bind_int(&query, 1, part);
	}
	query_release(&query);
	return sound;
}

static const struct statement statements[] = {
	{offsetof(struct gone, look), MARKS " WHERE hash = ?"},
	{offsetof(struct gone, add),
		"INSERT OR REPLACE INTO gone(hash, mark, at, rest, sum)"
		" VALUES(?, ?, ?, ?, ?)"},
	{offsetof(struct gone, remove), "DELETE FROM gone WHERE hash = ?"},
	{offsetof(struct gone, oldest),
		MARKS " WHERE rest = ? ORDER BY mark LIMIT 1"},
	{0},
};

bool gone_open(struct gone *gone, struct store *store)
{
	bool sound = true;

	gone->store = store;
	gone->most = GONE_MAX;
	statements_prepare(statements, gone, store);
	read_secret(gone);
	count_rows(gone);
	for (int part = 0; part < GONE_PARTS; part++)
		sound = find_newest(gone, (enum gone_part)part) && sound;
	gone->committed = gone->count;
	return sound;
}

void gone_close(struct gone *gone)
{
	statements_release(statements, gone);
}

/* ---- marks */

enum gone_found gone_look(struct gone *gone, struct span name,
	enum gone_part part, struct mark *mark)
{
	struct found found;

	if (gone->count <= 0)
		return GONE_NONE;
	query_bind_int(&gone->look, 1, hash_of(gone, name, part));
	if (!find(gone, &gone->look, &found))
		return GONE_NONE;
	*mark = found.mark;
	if (found.sound)
		return GONE_MARK;
	say_damaged(gone);
	if (store_begin(gone->store))
		remove_hash(gone, found.hash);
	return GONE_DAMAGED;
}

void gone_add(struct gone *gone, struct span name, enum gone_part part,
	const struct mark *mark)
{
	uint64_t hash = hash_of(gone, name, part);

	assert(gone->store->writing);
	query_bind_int(&gone->add, 1, hash);
	query_bind_int(&gone->add, 2, mark->through);
	query_bind_int(&gone->add, 3, mark->at);
	query_bind_int(&gone->add, 4, part);
	query_bind_int(&gone->add, 5, checksum_of_mark(hash, part, mark));
	if (store_run(gone->store, &gone->add))
		gone->count++;
	if (mark->through > gone->newest[part])
		gone->newest[part] = mark->through;
}

void gone_remove(struct gone *gone, struct span name, enum gone_part part)
{
	assert(gone->store->writing);
	remove_hash(gone, hash_of(gone, name, part));
}

static bool find_oldest(
	struct gone *gone, enum gone_part part, struct found *found)
{
	query_bind_int(&gone->oldest, 1, part);
	return find(gone, &gone->oldest, found);
}

/* One that is damaged raises the floor as far as any could. */
static bool take_oldest(struct gone *gone, struct mark *floor)
{
	struct found found, rest;
	bool is = find_oldest(gone, GONE_SHOWN, &found);

	if (find_oldest(gone, GONE_REST, &rest) &&
		(!is || rest.mark.through < found.mark.through)) {
		found = rest;
		is = true;
	}
	if (!is)
		return false;
	if (!found.sound)
		found.mark.through = gone_newest(gone, true);
	mark_raise(floor, &found.mark);
	remove_hash(gone, found.hash);
	return true;
}

void gone_trim(struct gone *gone, unsigned limit, struct mark *floor)
{
	while (limit-- > 0 && gone->count > (int64_t)gone->most &&
		gone->store->trouble == DB_DONE && take_oldest(gone, floor))
		;
}

void gone_settle(struct gone *gone)
{
	gone->committed = gone->count;
}

void gone_revert(struct gone *gone)
{
	gone->count = gone->committed;
}
