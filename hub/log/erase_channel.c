/* SPDX-License-Identifier: MIT */
/*
 * erase_channel - channels that were deleted whole, and their rows (erase.h)
 */
#include "config.h"

#include <string.h>

#include "hub/log/erase.h"

enum {
	STEP_ROWS = 200, /* of a transaction, ... */
	STEP_BYTES = 512 << 10,
};

/* ---- channels that have rows left */

static uint64_t waiting_at(const struct erasures *erasures, size_t at)
{
	uint64_t number;

	memcpy(&number, erasures->waiting.at + at, sizeof(number));
	return number;
}

static void mark_waiting(const struct erasures *erasures, bool erasing)
{
	for (size_t at = 0; at < erasures->waiting.len; at += 8) {
		struct channel *channel = channel_numbered(
			erasures->log->channels, waiting_at(erasures, at));

		if (channel != NULL)
			channel->erasing = erasing;
	}
}

void erasures_look(struct erasures *erasures)
{
	struct store *store = erasures->log->store;
	struct query all = {0};

	mark_waiting(erasures, false);
	buf_clear(&erasures->waiting);
	store_prepare(store, &all, "SELECT channel FROM erasing");
	while (store_step(store, &all)) {
		uint64_t number = query_int(&all, 0);

		buf_add(&erasures->waiting, &number, sizeof(number));
	}
	query_release(&all);
	mark_waiting(erasures, true);
}

static void look_again(void *arg)
{
	erasures_look(arg);
}

struct party erasures_party(struct erasures *erasures)
{
	return (struct party){NULL, NULL, look_again, erasures};
}

/* ---- one row */

void erasures_remove(struct erasures *erasures, uint64_t id, bool has_traits)
{
	struct eventlog *log = erasures->log;

	if (has_traits)
		labels_let_go(&log->labels, id);
	query_bind_int(&erasures->remove, 1, id);
	store_run(log->store, &erasures->remove);
}

/* ---- a channel */

void erasures_erase_channel(struct erasures *erasures, struct channel *channel)
{
	struct eventlog *log = erasures->log;

	if (channel->newest <= channel->erased)
		return;
	channel_erase_all(log->channels, channel, channel->newest);
	query_bind_int(&erasures->note, 1, channel->number);
	store_run(log->store, &erasures->note);
	if (channel->erasing)
		return;
	channel->erasing = true;
	buf_add(&erasures->waiting, &channel->number, sizeof(channel->number));
}

/* Some of its rows; true if there may be more. */
static bool remove_rows(struct erasures *erasures, struct channel *channel)
{
	struct store *store = erasures->log->store;
	struct query *rows = &erasures->rows;
	uint64_t ids[STEP_ROWS], bytes = 0;
	bool traits[STEP_ROWS];
	size_t count = 0;

	query_bind_int(rows, 1, channel->number);
	query_bind_int(rows, 2, channel->erased);
	while (count < STEP_ROWS && bytes < STEP_BYTES &&
		store_step(store, rows)) {
		ids[count] = query_int(rows, 0);
		bytes += query_int(rows, 1);
		traits[count++] = query_int(rows, 2) != 0;
	}
	store_end(rows);
	if (count > 0)
		store_secure(store);
	for (size_t i = 0; i < count; i++)
		erasures_remove(erasures, ids[i], traits[i]);
	return count > 0;
}

/* Of the channel that has waited for least; it is left where it is if the
 * transaction fails (erasures_look). */
static void go_on(struct erasures *erasures)
{
	struct eventlog *log = erasures->log;
	size_t last = erasures->waiting.len - sizeof(uint64_t);
	uint64_t number = waiting_at(erasures, last);
	struct channel *channel = channel_numbered(log->channels, number);

	if (channel != NULL && remove_rows(erasures, channel))
		return;
	query_bind_int(&erasures->done, 1, number);
	store_run(log->store, &erasures->done);
	erasures->waiting.len = last;
	if (channel == NULL)
		return;
	channel->erasing = false;
	channel_touch(log->channels, channel);
}

void erasures_step(struct erasures *erasures)
{
	if (erasures_wait(erasures) && store_begin(erasures->log->store))
		go_on(erasures);
}
