/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/history/waiters.h"

#include <stdlib.h>

#include "fcgi/history/visit.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/table.h"

/* Those of a channel; it goes with the last of them. */
struct bench {
	struct table_node node;
	struct node visits;
	char *name;
};

struct waiters {
	struct table benches;
};

static struct bench *bench_of(const struct table_node *node)
{
	return table_entry(node, struct bench, node);
}

static struct span key_of(const struct table_node *node)
{
	return span_of(bench_of(node)->name);
}

struct waiters *waiters_new(void)
{
	struct waiters *waiters = mem_new(sizeof(*waiters));

	table_init(&waiters->benches, key_of, NULL);
	return waiters;
}

void waiters_free(struct waiters *waiters)
{
	if (waiters == NULL)
		return;
	table_release(&waiters->benches);
	free(waiters);
}

static struct bench *find(const struct waiters *waiters, struct span channel)
{
	struct table_node *node = table_find(&waiters->benches, channel);

	return node == NULL ? NULL : bench_of(node);
}

void waiters_add(struct waiters *waiters, struct visit *visit)
{
	struct span channel = visit_channel(visit);
	struct bench *bench = find(waiters, channel);

	if (bench == NULL) {
		bench = mem_new(sizeof(*bench));
		bench->name = mem_text(channel);
		list_init(&bench->visits);
		table_add(&waiters->benches, &bench->node);
	}
	list_append(&bench->visits, &visit->wait);
}

static void tidy(struct waiters *waiters, struct bench *bench)
{
	if (!list_empty(&bench->visits))
		return;
	table_remove(&waiters->benches, &bench->node);
	free(bench->name);
	free(bench);
}

void waiters_remove(struct waiters *waiters, struct visit *visit)
{
	struct bench *bench;

	if (!list_linked(&visit->wait))
		return;
	bench = find(waiters, visit_channel(visit));
	list_remove(&visit->wait);
	tidy(waiters, bench);
}

static struct visit *take(struct waiters *waiters, struct bench *bench)
{
	struct visit *visit =
		list_entry(bench->visits.next, struct visit, wait);

	list_remove(&visit->wait);
	tidy(waiters, bench);
	return visit;
}

struct visit *waiters_take(struct waiters *waiters, struct span channel)
{
	struct bench *bench = find(waiters, channel);

	return bench == NULL ? NULL : take(waiters, bench);
}

struct visit *waiters_any(struct waiters *waiters)
{
	struct table_node *node = table_first(&waiters->benches);

	return node == NULL ? NULL : take(waiters, bench_of(node));
}

bool waiters_are_none(const struct waiters *waiters)
{
	return waiters->benches.count == 0;
}
