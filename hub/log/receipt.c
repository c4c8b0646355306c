/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/receipt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
	publisher = mem_new(sizeof(*publisher));
	publisher->name = name;
	table_add(&receipts->publishers, &publisher->node);
	return publisher;
}

static void publisher_free(struct publisher *publisher)
{
	buf_release(&publisher->settled);
	buf_release(&publisher->rows);
	buf_release(&publisher->draft);
	free(publisher);
}

static struct receipt *settled(const struct publisher *publisher, size_t *count)
{
	struct receipt *all = (struct receipt *)(void *)(publisher->settled.at);
	size_t total = publisher->settled.len / sizeof(*all);

	*count = total - publisher->settled_from;
	return all == NULL ? NULL : all + publisher->settled_from;
}

static struct receipt_row *rows(
	const struct publisher *publisher, size_t *count)
{
	struct receipt_row *all =
		(struct receipt_row *)(void *)(publisher->rows.at);
	size_t total = publisher->rows.len / sizeof(*all);

	*count = total - publisher->rows_from;
	return all == NULL ? NULL : all + publisher->rows_from;
}

/* Drops the forgotten front when it is most of the memory. */
static void tidy(struct buf *buf, size_t *from, size_t size)
{
	if (*from * size * 2 < buf->len)
		return;
	buf_drop(buf, *from * size);
	*from = 0;
}

/* Numbers of one publisher rise, unless one that failed is sent again after
 * others have been stored. */
static void settle(struct publisher *publisher, struct span more)
{
	size_t from = publisher->settled.len / sizeof(struct receipt), count;
	struct receipt *all;

	buf_add_span(&publisher->settled, more);
	all = (struct receipt *)(void *)publisher->settled.at;
	count = publisher->settled.len / sizeof(*all);
	for (size_t i = from; i < count; i++)
		for (size_t j = i; j > 0 && all[j - 1].number > all[j].number;
			j--) {
			struct receipt swap = all[j];

			all[j] = all[j - 1];
			all[j - 1] = swap;
		}
}

/* `more` is some receipts, as in a row. */
static uint64_t highest(struct span more)
{
	uint64_t most = 0;

	for (size_t i = 0; i < more.len; i += sizeof(struct receipt)) {
		struct receipt receipt;

		memcpy(&receipt, more.at + i, sizeof(receipt));
		if (receipt.number > most)
			most = receipt.number;
	}
	return most;
}

static void read_rows(struct receipts *receipts)
{
	struct query all = {0};

	store_prepare(receipts->store, &all,
		"SELECT id, source, results FROM receipt ORDER BY id");
	while (store_step(receipts->store, &all)) {
		struct publisher *publisher = get(receipts, query_int(&all, 1));
		struct span results = query_bytes(&all, 2);
		struct receipt_row row = {.id = query_int(&all, 0)};

		if (results.len % sizeof(struct receipt) != 0)
			log_fatalx("log %s: damaged: a receipt",
				receipts->store->path);
		settle(publisher, results);
		row.number = highest(results);
		receipt_seen(publisher, row.number, 0);
		buf_add(&publisher->rows, &row, sizeof(row));
		publisher->left_at = clock_now_us(receipts->clock);
		receipts->last_row = row.id;
	}
	query_release(&all);
}

void receipts_open(struct receipts *receipts, struct store *store,
	const struct clock *clock)
{
	receipts->store = store;
	receipts->clock = clock;
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
	return publisher;
}

void publisher_leave(struct receipts *receipts, struct publisher *publisher)
{
	assert(publisher->peers > 0);
	if (--publisher->peers == 0)
		publisher->left_at = clock_now_us(receipts->clock);
}

bool receipt_look(const struct publisher *publisher, uint64_t number,
	struct receipt *receipt)
{
	size_t count, low = 0;
	const struct receipt *all;

	if (number > publisher->highest)
		return false;
	all = settled(publisher, &count);
	for (size_t high = count; low < high;) {
		size_t middle = (low + high) / 2;

		if (all[middle].number >= number)
			high = middle;
		else
			low = middle + 1;
	}
	if (low < count && all[low].number == number) {
		*receipt = all[low];
		return true;
	}
	all = (const struct receipt *)(const void *)publisher->draft.at;
	count = publisher->draft.len / sizeof(*all);
	for (size_t i = 0; i < count; i++) {
		if (all[i].number != number)
			continue;
		*receipt = all[i];
		return true;
	}
	return false;
}

void receipt_seen(
	struct publisher *publisher, uint64_t number, uint64_t answered)
{
	if (number > publisher->highest)
		publisher->highest = number;
	if (answered > publisher->answered)
		publisher->answered = answered;
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
	const struct receipt_row *row = rows(publisher, &count);

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

/* What has been answered is no longer needed, in memory either. */
static void forget(struct publisher *publisher)
{
	size_t count;
	const struct receipt *all = settled(publisher, &count);
	const struct receipt_row *row;

	for (size_t i = 0; i < count && (all[i].number <= publisher->answered ||
						count - i > RECEIPTS_MAX);
		i++)
		publisher->settled_from++;
	tidy(&publisher->settled, &publisher->settled_from, sizeof(*all));
	row = rows(publisher, &count);
	for (size_t i = 0; i < count && row[i].number <= publisher->answered;
		i++)
		publisher->rows_from++;
	tidy(&publisher->rows, &publisher->rows_from, sizeof(*row));
}

void receipts_settle(struct receipts *receipts)
{
	for (struct publisher *at = receipts->drafts; at != NULL;
		at = at->next_draft) {
		struct receipt_row row = {
			at->draft_row, highest(buf_span(&at->draft))};

		forget(at);
		settle(at, buf_span(&at->draft));
		buf_add(&at->rows, &row, sizeof(row));
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
	const struct receipt_row *row = rows(publisher, &count);

	for (size_t i = 0; i < count; i++) {
		store_begin(receipts->store);
		query_bind_int(&receipts->remove, 1, row[i].id);
		store_run(receipts->store, &receipts->remove);
	}
	table_remove(&receipts->publishers, &publisher->node);
	publisher_free(publisher);
}

void receipts_collect(struct receipts *receipts)
{
	uint64_t now = clock_now_us(receipts->clock);
	uint64_t patience = (uint64_t)RECEIPT_GONE_MS * 1000;
	struct publisher *next, *at = entry(table_first(&receipts->publishers));

	for (; at != NULL; at = next) {
		next = entry(table_next(&receipts->publishers, &at->node));
		if (at->peers == 0 && !at->drafting &&
			at->left_at + patience < now)
			drop(receipts, at);
	}
}
