/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/receipt.h"

#include <assert.h>

#include "hub/lines.h"
#include "lib/log.h"

static struct span key_of(const uint64_t *name)
{
	return span((const char *)name, sizeof(*name));
}

static struct span name_of(const struct table_node *node)
{
	/* It is the first member. */
	return key_of(&((const struct publisher *)(const void *)node)->name);
}

static struct publisher *entry(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct publisher, node);
}

static struct publisher *get(struct receipts *receipts, uint64_t name)
{
	struct publisher *publisher =
		entry(table_find(&receipts->publishers, key_of(&name)));

	if (publisher != NULL)
		return publisher;
	publisher = publisher_new(name);
	table_add(&receipts->publishers, &publisher->node);
	return publisher;
}

/* It has no connection, from now on. */
static void leave(struct receipts *receipts, struct publisher *publisher)
{
	publisher->left_at = clock_now_us(receipts->clock);
	list_remove(&publisher->away);
	list_append(&receipts->away, &publisher->away);
}

static void read_rows(struct receipts *receipts)
{
	struct query all = {0};

	store_prepare(receipts->store, &all,
		"SELECT id, source, results FROM receipt ORDER BY id");
	while (store_step(receipts->store, &all)) {
		struct publisher *publisher = get(receipts, query_int(&all, 1));
		struct span results = query_bytes(&all, 2);

		if (results.len % sizeof(struct receipt) != 0)
			log_fatalx(LINE_LOG_DAMAGED_RECEIPT,
				receipts->store->path);
		receipts->last_row = query_int(&all, 0);
		publisher_settle(publisher, receipts->last_row, results);
		leave(receipts, publisher);
	}
	query_release(&all);
}

void receipts_open(struct receipts *receipts, struct store *store,
	const struct clock *clock)
{
	receipts->store = store;
	receipts->clock = clock;
	list_init(&receipts->away);
	table_init(&receipts->publishers, name_of, NULL);
	store_prepare(
		store, &receipts->add, "INSERT INTO receipt VALUES(?, ?, ?)");
	store_prepare(
		store, &receipts->remove, "DELETE FROM receipt WHERE id = ?");
	read_rows(receipts);
}

void receipts_close(struct receipts *receipts)
{
	struct publisher *next, *at = entry(table_first(&receipts->publishers));

	for (; at != NULL; at = next) {
		next = entry(table_next(&receipts->publishers, &at->node));
		publisher_free(at);
	}
	table_release(&receipts->publishers);
	query_release(&receipts->add);
	query_release(&receipts->remove);
}

struct publisher *publisher_join(struct receipts *receipts, uint64_t name)
{
	struct publisher *publisher = get(receipts, name);

	publisher->peers++;
	list_remove(&publisher->away);
	return publisher;
}

void publisher_leave(struct receipts *receipts, struct publisher *publisher)
{
	assert(publisher->peers > 0);
	if (--publisher->peers == 0)
		leave(receipts, publisher);
}

void receipt_draft(struct receipts *receipts, struct publisher *publisher,
	const struct receipt *receipt)
{
	if (!publisher->drafting) {
		publisher->drafting = true;
		publisher->next_draft = receipts->drafts;
		receipts->drafts = publisher;
	}
	buf_add(&publisher->draft, receipt, sizeof(*receipt));
}

/* Removes the rows whose every answer has arrived. */
static void remove_rows(
	struct receipts *receipts, const struct publisher *publisher)
{
	size_t count;
	const struct receipt_row *row = publisher_rows(publisher, &count);

	for (size_t i = 0; i < count && row[i].number <= publisher->answered;
		i++) {
		query_bind_int(&receipts->remove, 1, row[i].id);
		store_run(receipts->store, &receipts->remove);
	}
}

void receipts_write(struct receipts *receipts)
{
	for (struct publisher *at = receipts->drafts; at != NULL;
		at = at->next_draft) {
		at->draft_row = ++receipts->last_row;
		query_bind_int(&receipts->add, 1, at->draft_row);
		query_bind_int(&receipts->add, 2, at->name);
		query_bind_blob(&receipts->add, 3, buf_span(&at->draft));
		store_run(receipts->store, &receipts->add);
		remove_rows(receipts, at);
	}
}

void receipts_settle(struct receipts *receipts)
{
	for (struct publisher *at = receipts->drafts; at != NULL;
		at = at->next_draft) {
		publisher_forget(at);
		publisher_settle(at, at->draft_row, buf_span(&at->draft));
		buf_clear(&at->draft);
		at->drafting = false;
	}
	receipts->drafts = NULL;
}

void receipts_revert(struct receipts *receipts)
{
	for (struct publisher *at = receipts->drafts; at != NULL;
		at = at->next_draft) {
		buf_clear(&at->draft);
		at->drafting = false;
	}
	receipts->drafts = NULL;
}

/* The whole of a publisher, rows and memory. */
static void drop(struct receipts *receipts, struct publisher *publisher)
{
	size_t count;
	const struct receipt_row *row = publisher_rows(publisher, &count);

	for (size_t i = 0; i < count; i++) {
		store_begin(receipts->store);
		query_bind_int(&receipts->remove, 1, row[i].id);
		store_run(receipts->store, &receipts->remove);
	}
	table_remove(&receipts->publishers, &publisher->node);
	list_remove(&publisher->away);
	publisher_free(publisher);
}

/* Whoever has been away too long, if the first to have left has. */
static struct publisher *overdue(struct receipts *receipts)
{
	uint64_t patience = (uint64_t)RECEIPT_GONE_MS * 1000;
	struct publisher *first;

	if (list_empty(&receipts->away))
		return NULL;
	first = list_entry(receipts->away.next, struct publisher, away);
	return !first->drafting && first->left_at + patience <
					   clock_now_us(receipts->clock)
		       ? first
		       : NULL;
}

void receipts_collect(struct receipts *receipts)
{
	struct publisher *publisher;

	while ((publisher = overdue(receipts)) != NULL)
		drop(receipts, publisher);
}
