#include "config.h"

#include "hub/receipt.h"

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
	return key_of(&((const struct source *)(const void *)node)->name);
}

static struct source *entry(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct source, node);
}

static struct source *get(struct receipts *receipts, uint64_t name)
{
	struct source *source =
		entry(table_find(&receipts->sources, key_of(&name)));

	if (source != NULL)
		return source;
	source = mem_new(sizeof(*source));
	source->name = name;
	table_add(&receipts->sources, &source->node);
	return source;
}

static void source_free(struct source *source)
{
	buf_release(&source->settled);
	buf_release(&source->rows);
	buf_release(&source->draft);
	free(source);
}

static struct receipt *settled(const struct source *source, size_t *count)
{
	struct receipt *all = (struct receipt *)(void *)(source->settled.at);
	size_t total = source->settled.len / sizeof(*all);

	*count = total - source->settled_from;
	return all == NULL ? NULL : all + source->settled_from;
}

static struct receipt_row *rows(const struct source *source, size_t *count)
{
	struct receipt_row *all =
		(struct receipt_row *)(void *)(source->rows.at);
	size_t total = source->rows.len / sizeof(*all);

	*count = total - source->rows_from;
	return all == NULL ? NULL : all + source->rows_from;
}

/* Drops the forgotten front when it is most of the memory. */
static void tidy(struct buf *buf, size_t *from, size_t size)
{
	if (*from * size * 2 < buf->len)
		return;
	buf_drop(buf, *from * size);
	*from = 0;
}

/* Numbers of one source rise, unless one that failed is sent again after others
 * have been stored. */
static void settle(struct source *source, struct span more)
{
	size_t from = source->settled.len / sizeof(struct receipt), count;
	struct receipt *all;

	buf_add_span(&source->settled, more);
	all = (struct receipt *)(void *)source->settled.at;
	count = source->settled.len / sizeof(*all);
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
		struct source *source = get(receipts, query_int(&all, 1));
		struct span results = query_bytes(&all, 2);
		struct receipt_row row = {.id = query_int(&all, 0)};

		if (results.len % sizeof(struct receipt) != 0)
			log_fatalx("log %s: damaged: a receipt",
				receipts->store->path);
		settle(source, results);
		row.number = highest(results);
		receipt_seen(source, row.number, 0);
		buf_add(&source->rows, &row, sizeof(row));
		source->left_at = clock_now_us(receipts->clock);
		receipts->last_row = row.id;
	}
	query_release(&all);
}

void receipts_open(struct receipts *receipts, struct store *store,
	const struct clock *clock)
{
	receipts->store = store;
	receipts->clock = clock;
	table_init(&receipts->sources, name_of, NULL);
	store_prepare(
		store, &receipts->add, "INSERT INTO receipt VALUES(?, ?, ?)");
	store_prepare(
		store, &receipts->remove, "DELETE FROM receipt WHERE id = ?");
	read_rows(receipts);
}

void receipts_close(struct receipts *receipts)
{
	struct source *next, *at = entry(table_first(&receipts->sources));

	for (; at != NULL; at = next) {
		next = entry(table_next(&receipts->sources, &at->node));
		source_free(at);
	}
	table_release(&receipts->sources);
	query_release(&receipts->add);
	query_release(&receipts->remove);
}

struct source *source_join(struct receipts *receipts, uint64_t name)
{
	struct source *source = get(receipts, name);

	source->peers++;
	return source;
}

void source_leave(struct receipts *receipts, struct source *source)
{
	assert(source->peers > 0);
	if (--source->peers == 0)
		source->left_at = clock_now_us(receipts->clock);
}

bool receipt_look(
	const struct source *source, uint64_t number, struct receipt *receipt)
{
	size_t count, low = 0;
	const struct receipt *all;

	if (number > source->highest)
		return false;
	all = settled(source, &count);
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
	all = (const struct receipt *)(const void *)source->draft.at;
	count = source->draft.len / sizeof(*all);
	for (size_t i = 0; i < count; i++) {
		if (all[i].number != number)
			continue;
		*receipt = all[i];
		return true;
	}
	return false;
}

void receipt_seen(struct source *source, uint64_t number, uint64_t answered)
{
	if (number > source->highest)
		source->highest = number;
	if (answered > source->answered)
		source->answered = answered;
}

void receipt_draft(struct receipts *receipts, struct source *source,
	const struct receipt *receipt)
{
	if (!source->drafting) {
		source->drafting = true;
		source->next_draft = receipts->drafts;
		receipts->drafts = source;
	}
	buf_add(&source->draft, receipt, sizeof(*receipt));
}

/* Removes the rows whose every answer has arrived. */
static void remove_rows(struct receipts *receipts, const struct source *source)
{
	size_t count;
	const struct receipt_row *row = rows(source, &count);

	for (size_t i = 0; i < count && row[i].number <= source->answered;
		i++) {
		query_bind_int(&receipts->remove, 1, row[i].id);
		store_run(receipts->store, &receipts->remove);
	}
}

void receipts_write(struct receipts *receipts)
{
	for (struct source *at = receipts->drafts; at != NULL;
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
static void forget(struct source *source)
{
	size_t count;
	const struct receipt *all = settled(source, &count);
	const struct receipt_row *row;

	for (size_t i = 0; i < count && (all[i].number <= source->answered ||
						count - i > RECEIPTS_MAX);
		i++)
		source->settled_from++;
	tidy(&source->settled, &source->settled_from, sizeof(*all));
	row = rows(source, &count);
	for (size_t i = 0; i < count && row[i].number <= source->answered; i++)
		source->rows_from++;
	tidy(&source->rows, &source->rows_from, sizeof(*row));
}

void receipts_settle(struct receipts *receipts)
{
	for (struct source *at = receipts->drafts; at != NULL;
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
	for (struct source *at = receipts->drafts; at != NULL;
		at = at->next_draft) {
		buf_clear(&at->draft);
		at->drafting = false;
	}
	receipts->drafts = NULL;
}

/* The whole of a source, rows and memory. */
static void drop(struct receipts *receipts, struct source *source)
{
	size_t count;
	const struct receipt_row *row = rows(source, &count);

	for (size_t i = 0; i < count; i++) {
		store_begin(receipts->store);
		query_bind_int(&receipts->remove, 1, row[i].id);
		store_run(receipts->store, &receipts->remove);
	}
	table_remove(&receipts->sources, &source->node);
	source_free(source);
}

void receipts_shed(struct receipts *receipts)
{
	uint64_t now = clock_now_us(receipts->clock);
	uint64_t patience = (uint64_t)RECEIPT_GONE_MS * 1000;
	struct source *next, *at = entry(table_first(&receipts->sources));

	for (; at != NULL; at = next) {
		next = entry(table_next(&receipts->sources, &at->node));
		if (at->peers == 0 && !at->drafting &&
			at->left_at + patience < now)
			drop(receipts, at);
	}
}
