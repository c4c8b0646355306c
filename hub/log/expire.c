/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/expire.h"

#include <stddef.h>

#include "hub/log/disk/statement.h"

enum { STAYS_MS = 1000 }; /* one that has to stay is looked at again */

static const struct statement statements[] = {
	{offsetof(struct expiries, note),
		"INSERT OR IGNORE INTO due(at, id) VALUES(?, ?)"},
	{offsetof(struct expiries, due),
		"SELECT at, id FROM due ORDER BY at, id LIMIT 100"},
	{offsetof(struct expiries, done),
		"DELETE FROM due WHERE at = ? AND id = ?"},
	{0},
};

/* The next step finds out. */
static void look_again(void *arg)
{
	struct expiries *expiries = arg;

	expiries->next = 0;
}

void expiries_open(struct expiries *expiries, struct erasures *erasures,
	const struct calendar *calendar)
{
	expiries->erasures = erasures;
	expiries->calendar = calendar;
	statements_prepare(statements, expiries, erasures->log->store);
	look_again(expiries);
}

void expiries_close(struct expiries *expiries)
{
	statements_release(statements, expiries);
}

struct party expiries_party(struct expiries *expiries)
{
	return (struct party){NULL, NULL, look_again, expiries};
}

void expiries_note(struct expiries *expiries, uint64_t id, uint64_t at)
{
	/* What SQLite has no number for is for ever. */
	if (at > INT64_MAX)
		return;
	query_bind_int(&expiries->note, 1, at);
	query_bind_int(&expiries->note, 2, id);
	store_run(expiries->erasures->log->store, &expiries->note);
	if (at < expiries->next)
		expiries->next = at;
}

struct due {
	uint64_t at, id;
};

/* Those that are due by that date; when the next one is. */
static size_t read_due(struct expiries *expiries, uint64_t date,
	struct due due[EXPIRE_STEP], uint64_t *next)
{
	struct query *query = &expiries->due;
	struct store *store = expiries->erasures->log->store;
	size_t count = 0;

	*next = UINT64_MAX;
	while (*next == UINT64_MAX && store_step(store, query)) {
		struct due one = {query_int(query, 0), query_int(query, 1)};

		if (one.at > date || count == EXPIRE_STEP)
			*next = one.at;
		else
			due[count++] = one;
	}
	store_end(query);
	if (count == EXPIRE_STEP)
		*next = date; /* there may be more */
	return count;
}

/* Nothing has come after it, not even in this transaction. */
static bool is_newest(const struct eventlog *log, uint64_t id)
{
	return id == log->newest_event && log->rows == 0;
}

static void let_go(struct expiries *expiries, const struct due *due)
{
	erasures_erase(expiries->erasures, due->id);
	query_bind_int(&expiries->done, 1, due->at);
	query_bind_int(&expiries->done, 2, due->id);
	store_run(expiries->erasures->log->store, &expiries->done);
}

/* Those of them that the transaction has room for; how many were looked at. */
static size_t let_some_go(struct expiries *expiries, const struct due *due,
	size_t count, uint64_t *stays)
{
	const struct eventlog *log = expiries->erasures->log;
	uint64_t begun = log->bytes;
	size_t i;

	for (i = 0; i < count && log->bytes - begun < EXPIRE_BYTES; i++)
		if (is_newest(log, due[i].id))
			*stays = due[i].id;
		else
			let_go(expiries, &due[i]);
	return i;
}

uint64_t expiries_step(struct expiries *expiries)
{
	struct eventlog *log = expiries->erasures->log;
	uint64_t date = calendar_date(expiries->calendar), next, stays = 0;
	struct due due[EXPIRE_STEP];
	size_t count;

	if (!store_begin(log->store))
		return 0;
	count = read_due(expiries, date, due, &next);
	if (let_some_go(expiries, due, count, &stays) < count)
		next = date;
	expiries->next = next;
	if (stays != 0 && count < EXPIRE_STEP && next > date + STAYS_MS)
		expiries->next = date + STAYS_MS;
	return stays;
}
