/* SPDX-License-Identifier: MIT */
/*
 * follow_rows - what comes of the stream is told, each in its place (follow.h)
 */
#include <config.h>

#include <string.h>

#include "hub/shared/entry.h"
#include "hub/shared/follow.h"
#include "hub/shared/row.h"

bool follow_is_stale(const struct follow *follow)
{
	return follow->version != follow->asked || !follow->linked;
}

/* ---- to tell, in order */

static void tell_missed(
	struct follow *follow, uint64_t upto, const char *broken)
{
	uint64_t from = follow->from;

	follow->from = upto;
	memset(follow->origin, 0, SHARED_ID);
	follow->notify.missed(follow->notify.arg, from, upto, broken);
}

/* Many of them are told as one.  False if nothing is to be told after it. */
static bool tell_broken(struct follow *follow)
{
	if (!follow_is_stale(follow) && follow->broken_upto > follow->from)
		tell_missed(follow, follow->broken_upto, follow->broken);
	return !follow_is_stale(follow);
}

/* Told, or to be told yet. */
static uint64_t reached(const struct follow *follow)
{
	return follow->broken_upto > follow->from ? follow->broken_upto
						  : follow->from;
}

static void tell_hole(struct follow *follow, const struct shared_hole *hole)
{
	holes_told(&follow->holes, hole);
	if (hole->start > follow->newest_hole)
		follow->newest_hole = hole->start;
	follow->from = hole->start;
	memset(follow->origin, 0, SHARED_ID);
	follow->notify.hole(follow->notify.arg, hole);
}

void follow_tell_hole(struct follow *follow, const struct shared_hole *hole)
{
	if (!tell_broken(follow))
		return;
	if (hole->last > follow->from)
		tell_missed(follow, hole->last, NULL);
	if (!follow_is_stale(follow))
		tell_hole(follow, hole);
}

/* All up to there, except entries. */
void follow_tell_up_to(struct follow *follow, uint64_t upto)
{
	struct shared_hole hole;

	while (!follow_is_stale(follow) &&
		holes_take(&follow->holes, follow->from, upto, &hole))
		follow_tell_hole(follow, &hole);
	if (!follow_is_stale(follow) && upto > follow->from)
		tell_missed(follow, upto, NULL);
}

static void tell_entry(struct follow *follow, struct shared_entry *entry)
{
	if (entry->at < follow->at)
		entry->at = follow->at;
	follow->at = entry->at;
	follow->from = entry->id;
	memcpy(follow->origin, entry->what.origin, SHARED_ID);
	follow->notify.entry(follow->notify.arg, entry);
}

/* ---- what comes */

static void take_broken(struct follow *follow, uint64_t id, const char *broken)
{
	struct shared_hole hole;

	while (!follow_is_stale(follow) &&
		holes_take(&follow->holes, reached(follow), id, &hole))
		follow_tell_hole(follow, &hole);
	if (follow_is_stale(follow) || id <= follow->from)
		return;
	follow->broken_upto = id;
	follow->broken = broken;
}

static void take_hole(struct follow *follow, const struct row *row)
{
	const struct shared_hole hole = {row->hole, row->id};

	if (hole.last >= hole.start) {
		take_broken(follow, row->id, "it is a hole without an end");
		return;
	}
	if (!tell_broken(follow))
		return;
	/* Of the newest ids in the log that founded the order none was an
	 * entry. */
	if (row->founded && follow->from >= row->before) {
		tell_hole(follow, &hole);
		return;
	}
	follow_tell_up_to(follow, hole.last);
	if (!follow_is_stale(follow))
		follow_tell_hole(follow, &hole);
}

static void take_entry(struct follow *follow, const struct row *row)
{
	struct shared_entry entry;
	const char *fault = entry_read(
		&entry, row->head, row->items, row->rows, &follow->items);
	uint64_t before = row->id > row->rows ? row->id - row->rows : 0;

	/* Of what a log had when it founded the order, not all was kept. */
	if (row->founded)
		before = row->before > reached(follow) ? row->before
						       : reached(follow);
	else if (before < reached(follow) && fault == NULL)
		fault = "it has more rows than there are ids for";
	if (fault == NULL && tell_broken(follow))
		follow_tell_up_to(follow, before);
	if (follow_is_stale(follow))
		return;
	entry.id = row->id;
	entry.at = row->at;
	entry.founded = row->founded;
	if (fault != NULL)
		take_broken(follow, row->id, fault);
	else
		tell_entry(follow, &entry);
}

/* False if the rest is of no use. */
static bool take_row(struct follow *follow, const struct redis_reply *reply)
{
	struct row row;
	const char *fault = row_read(&row, follow->conn->redis, reply);

	if (row.id == 0) {
		follow->notify.refused(follow->notify.arg, SHARED_AWAY,
			"another program has written to its keys with our "
			"prefix: log has an id that is none of ours");
		return false;
	}
	follow->bytes += row.head.len + row.items.len;
	/* What has been told comes again if a hole was told before its place.
	 */
	if (row.id <= follow->from)
		return true;
	if (fault != NULL)
		take_broken(follow, row.id, fault);
	else if (row.is_hole)
		take_hole(follow, &row);
	else
		take_entry(follow, &row);
	return !follow_is_stale(follow);
}

void follow_take_rows(struct follow *follow, const struct redis_reply *rows)
{
	const struct redis *redis = follow->conn->redis;

	size_t count = redis->count(rows), i = 0;

	follow->broken_upto = 0;
	follow->came = count;
	while (i < count && take_row(follow, redis->item(rows, i)))
		i++;
	tell_broken(follow);
}
