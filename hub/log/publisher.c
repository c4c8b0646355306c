/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "lib/search.h"

struct publisher *publisher_new(uint64_t name)
{
	struct publisher *publisher = mem_new(sizeof(*publisher));

	publisher->name = name;
	list_init(&publisher->away);
	return publisher;
}

void publisher_free(struct publisher *publisher)
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

const struct receipt_row *publisher_rows(
	const struct publisher *publisher, size_t *count)
{
	const struct receipt_row *all = (const void *)publisher->rows.at;
	size_t total = publisher->rows.len / sizeof(*all);

	*count = total - publisher->rows_from;
	return all == NULL ? NULL : all + publisher->rows_from;
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

void publisher_settle(
	struct publisher *publisher, uint64_t row, struct span more)
{
	const struct receipt_row added = {row, highest(more)};

	settle(publisher, more);
	publisher_seen(publisher, added.number, 0);
	buf_add(&publisher->rows, &added, sizeof(added));
}

static uint64_t number_at(const void *of, uint64_t place)
{
	const struct receipt *all = of;

	return all[place].number;
}

static const struct receipt *find_settled(
	const struct publisher *publisher, uint64_t number)
{
	size_t count;
	const struct receipt *all = settled(publisher, &count);
	size_t next = search_above(0, count, number_at, all, number);

	return next > 0 && all[next - 1].number == number ? &all[next - 1]
							  : NULL;
}

static const struct receipt *find_draft(
	const struct publisher *publisher, uint64_t number)
{
	const struct receipt *all =
		(const struct receipt *)(const void *)publisher->draft.at;
	size_t count = publisher->draft.len / sizeof(*all);

	for (size_t i = 0; i < count; i++)
		if (all[i].number == number)
			return &all[i];
	return NULL;
}

bool publisher_look(const struct publisher *publisher, uint64_t number,
	struct receipt *receipt)
{
	const struct receipt *found = NULL;

	if (number <= publisher->highest)
		found = find_settled(publisher, number);
	if (number <= publisher->highest && found == NULL)
		found = find_draft(publisher, number);
	if (found != NULL)
		*receipt = *found;
	return found != NULL;
}

void publisher_seen(
	struct publisher *publisher, uint64_t number, uint64_t answered)
{
	if (number > publisher->highest)
		publisher->highest = number;
	if (answered > publisher->answered)
		publisher->answered = answered;
}

/* Drops the forgotten front when it is most of the memory. */
static void tidy(struct buf *buf, size_t *from, size_t size)
{
	if (*from * size * 2 < buf->len)
		return;
	buf_drop(buf, *from * size);
	*from = 0;
}

void publisher_forget(struct publisher *publisher)
{
	size_t count;
	const struct receipt *all = settled(publisher, &count);
	const struct receipt_row *row;

	for (size_t i = 0; i < count && (all[i].number <= publisher->answered ||
						count - i > RECEIPTS_MAX);
		i++)
		publisher->settled_from++;
	tidy(&publisher->settled, &publisher->settled_from, sizeof(*all));
	row = publisher_rows(publisher, &count);
	for (size_t i = 0; i < count && row[i].number <= publisher->answered;
		i++)
		publisher->rows_from++;
	tidy(&publisher->rows, &publisher->rows_from, sizeof(*row));
}
