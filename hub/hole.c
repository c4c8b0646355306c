#include "config.h"

#include "hub/hole.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

void holes_read(struct holes *holes, struct store *store)
{
	struct query query = {0};

	holes->all = mem_new((HOLES_MAX + 1) * sizeof(*holes->all));
	store_prepare(store, &query,
		"SELECT last, start FROM hole ORDER BY start LIMIT 4096");
	while (store_step(store, &query)) {
		struct hole *hole = &holes->all[holes->count++];

		hole->last = query_int(&query, 0);
		hole->start = query_int(&query, 1);
	}
	query_release(&query);
}

void holes_release(struct holes *holes)
{
	free(holes->all);
	*holes = (struct holes){0};
}

static const char merge[] =
	"UPDATE hole SET last = (SELECT last FROM hole ORDER BY start LIMIT 1)"
	" WHERE start = (SELECT start FROM hole ORDER BY start LIMIT 1"
	" OFFSET 1)";

static const char drop[] =
	"DELETE FROM hole WHERE start = (SELECT min(start) FROM hole)";

void holes_write(
	const struct holes *holes, struct store *store, const struct hole *hole)
{
	struct query add = {0};

	store_prepare(
		store, &add, "INSERT INTO hole(last, start) VALUES(?, ?)");
	query_bind_int(&add, 1, hole->last);
	query_bind_int(&add, 2, hole->start);
	if (store_run(store, &add) && holes->count == HOLES_MAX &&
		store_ok(store, db_run(&store->db, merge)))
		store_ok(store, db_run(&store->db, drop));
	query_release(&add);
}

void holes_add(struct holes *holes, const struct hole *hole)
{
	holes->all[holes->count++] = *hole;
	if (holes->count <= HOLES_MAX)
		return;
	holes->all[1].last = holes->all[0].last;
	holes->count--;
	memmove(holes->all, holes->all + 1, holes->count * sizeof(*holes->all));
}

const struct hole *holes_find(const struct holes *holes, uint64_t cursor)
{
	size_t low = 0, high = holes->count;

	/* The first hole that ends above the cursor. */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (holes->all[middle].start > cursor)
			high = middle;
		else
			low = middle + 1;
	}
	if (low == holes->count || holes->all[low].last >= cursor)
		return NULL;
	return &holes->all[low];
}

uint64_t holes_last_start(const struct holes *holes)
{
	return holes->count == 0 ? 0 : holes->all[holes->count - 1].start;
}
