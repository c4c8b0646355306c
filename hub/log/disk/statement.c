/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/disk/statement.h"

#include "hub/log/disk/store.h"

static struct query *query_of(const struct statement *statement, void *room)
{
	return (struct query *)(void *)((char *)room + statement->at);
}

void statements_prepare(
	const struct statement *table, void *room, struct store *store)
{
	for (; table->sql != NULL; table++)
		store_prepare(store, query_of(table, room), table->sql);
}

void statements_release(const struct statement *table, void *room)
{
	for (; table->sql != NULL; table++)
		query_release(query_of(table, room));
}
