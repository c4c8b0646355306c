/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/present.h"

#include <string.h>

#include "hub/log/disk/statement.h"

static const struct statement statements[] = {
	{offsetof(struct present_rows, add),
		"INSERT OR REPLACE INTO present(subscriber, joined, since,"
		" body) VALUES(?, ?, ?, ?)"},
	{offsetof(struct present_rows, remove),
		"DELETE FROM present WHERE subscriber = ?"},
	{offsetof(struct present_rows, forget),
		"DELETE FROM present WHERE joined > ?"},
	{offsetof(struct present_rows, all),
		"SELECT subscriber, joined, since, body FROM present"
		" ORDER BY joined"},
	{0},
};

void present_rows_open(struct present_rows *rows, struct store *store)
{
	rows->store = store;
	statements_prepare(statements, rows, store);
}

void present_rows_close(struct present_rows *rows)
{
	statements_release(statements, rows);
}

static struct span subscriber_of(const uint8_t subscriber[ACTIVE_SUBSCRIBER])
{
	return span((const char *)subscriber, ACTIVE_SUBSCRIBER);
}

void present_add(struct present_rows *rows, const struct present_row *row)
{
	query_bind_blob(&rows->add, 1, subscriber_of(row->subscriber));
	query_bind_int(&rows->add, 2, row->joined);
	query_bind_int(&rows->add, 3, row->since);
	query_bind_blob(&rows->add, 4, row->body);
	store_run(rows->store, &rows->add);
}

void present_remove(
	struct present_rows *rows, const uint8_t subscriber[ACTIVE_SUBSCRIBER])
{
	query_bind_blob(&rows->remove, 1, subscriber_of(subscriber));
	store_run(rows->store, &rows->remove);
}

void present_forget(struct present_rows *rows, uint64_t last)
{
	query_bind_int(&rows->forget, 1, last);
	store_run(rows->store, &rows->forget);
}

void present_each(struct present_rows *rows,
	void (*each)(void *arg, const struct present_row *row), void *arg)
{
	struct query *all = &rows->all;

	while (store_step(rows->store, all)) {
		struct span subscriber = query_bytes(all, 0);
		struct present_row row = {
			.joined = query_int(all, 1),
			.since = query_int(all, 2),
			.body = query_bytes(all, 3),
		};

		if (subscriber.len != ACTIVE_SUBSCRIBER)
			continue;
		memcpy(row.subscriber, subscriber.at, ACTIVE_SUBSCRIBER);
		each(arg, &row);
	}
	store_end(all);
}
