/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/epoch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/search.h"

void epochs_read(struct epochs *epochs, struct store *store)
{
	struct query query = {0};

	epochs->all = mem_new((EPOCHS_MAX + 1) * sizeof(*epochs->all));
	store_prepare(store, &query,
		"SELECT last, start FROM hole ORDER BY start LIMIT 4096");
	while (store_step(store, &query)) {
		struct epoch *epoch = &epochs->all[epochs->count++];

		epoch->last = query_int(&query, 0);
		epoch->start = query_int(&query, 1);
	}
	query_release(&query);
}

void epochs_release(struct epochs *epochs)
{
	free(epochs->all);
	*epochs = (struct epochs){0};
}

static const char merge[] =
	"UPDATE hole SET last = (SELECT last FROM hole ORDER BY start LIMIT 1)"
	" WHERE start = (SELECT start FROM hole ORDER BY start LIMIT 1"
	" OFFSET 1)";

static const char drop[] =
	"DELETE FROM hole WHERE start = (SELECT min(start) FROM hole)";

void epochs_write(const struct epochs *epochs, struct store *store,
	const struct epoch *epoch)
{
	struct query add = {0};

	store_prepare(
		store, &add, "INSERT INTO hole(last, start) VALUES(?, ?)");
	query_bind_int(&add, 1, epoch->last);
	query_bind_int(&add, 2, epoch->start);
	if (store_run(store, &add) && epochs->count == EPOCHS_MAX &&
		store_ok(store, db_run(&store->db, merge)))
		store_ok(store, db_run(&store->db, drop));
	query_release(&add);
}

void epochs_add(struct epochs *epochs, const struct epoch *epoch)
{
	size_t at = epochs->count++;

	for (; at > 0 && epochs->all[at - 1].start > epoch->start; at--)
		epochs->all[at] = epochs->all[at - 1];
	epochs->all[at] = *epoch;
	if (epochs->count <= EPOCHS_MAX)
		return;
	epochs->all[1].last = epochs->all[0].last;
	epochs->count--;
	memmove(epochs->all, epochs->all + 1,
		epochs->count * sizeof(*epochs->all));
}

static uint64_t start_at(const void *of, uint64_t place)
{
	const struct epochs *epochs = of;

	return epochs->all[place].start;
}

const struct epoch *epochs_find(const struct epochs *epochs, uint64_t cursor)
{
	size_t next = search_above(0, epochs->count, start_at, epochs, cursor);

	if (next == epochs->count || epochs->all[next].last >= cursor)
		return NULL;
	return &epochs->all[next];
}

/* One may lie within another: servers that were master at the same time go on
 * at ids of their own. */
bool epochs_leap_over(const struct epochs *epochs, uint64_t id)
{
	for (size_t i = epochs->count; i > 0; i--) {
		const struct epoch *epoch = &epochs->all[i - 1];

		if (epoch->start <= id)
			break;
		if (epoch->last < id)
			return true;
	}
	return false;
}

bool epochs_begin_at(const struct epochs *epochs, uint64_t id)
{
	size_t next = search_above(0, epochs->count, start_at, epochs, id);

	return next > 0 && epochs->all[next - 1].start == id;
}

uint64_t epochs_last_start(const struct epochs *epochs)
{
	return epochs->count == 0 ? 0 : epochs->all[epochs->count - 1].start;
}
