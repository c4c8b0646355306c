/* SPDX-License-Identifier: MIT */
/*
 * arrive - what comes back from the order goes into the log (rooms.h)
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hub/lines.h"
#include "hub/log/coming.h"
#include "hub/log/orphan.h"
#include "hub/together/rooms.h"
#include "hub/together/wording.h"
#include "lib/log.h"

/* ---- where it goes on */

void arrive_stop(struct together *together)
{
	if (together->following)
		shared_pause(together->wing);
	together->following = false;
	together->unfit = 0;
}

/* Of the newest event, if that is the newest id. */
static void find_origin(struct eventlog *log, uint8_t hub[ORIGIN_HUB])
{
	struct origin origin = {0};
	struct wire_event event;

	if (log->newest_event == log->committed && log->committed > 0) {
		eventlog_read(log, log->committed - 1, log->committed);
		if (eventlog_next(log, log->committed - 1, &event) ==
			EVENTLOG_EVENT)
			origin_find(event.traits, &origin);
		eventlog_rest(log);
	}
	memcpy(hub, origin.hub, ORIGIN_HUB);
}

void arrive_start(struct together *together)
{
	struct eventlog *log = &together->ledger->log;
	const struct epochs *epochs = &log->epochs;
	struct shared_hole *holes =
		mem_new((epochs->count + 1) * sizeof(*holes));
	uint8_t hub[ORIGIN_HUB];

	for (size_t i = 0; i < epochs->count; i++)
		holes[i] = (struct shared_hole){
			epochs->all[i].last, epochs->all[i].start};
	find_origin(log, hub);
	shared_follow(
		together->wing, log->committed, hub, holes, epochs->count);
	together->following = true;
	together->listed = false;
	free(holes);
}

/* ---- entries */

static void move_cursor(
	struct together *together, const struct shared_cursor *cursor)
{
	if (cursor->name.len > 0)
		together->sink.moved(together->sink.arg, cursor->name,
			cursor->identity, cursor->to);
}

/* Who has come and gone up to there is not known here. */
static void be_blind(struct together *together, uint64_t id)
{
	together->blind = id;
	shared_blind(together->wing, id);
}

static void tell_who(struct together *together, const struct entry *entry)
{
	if (coming_is(&entry->what) && together->sink.came != NULL)
		together->sink.came(together->sink.arg, entry);
}

/* From the log that founded the order, which does not say what it was before: a
 * successor of one that waits here to be put back. */
static void take_for_successor(
	struct together *together, const struct origin *origin)
{
	struct store *store = &together->ledger->store;
	uint64_t orphan;

	if (!together->listed) {
		buf_clear(&together->orphans);
		orphans_list(store, &together->orphans);
		together->listed = true;
	}
	orphan = orphans_find(&together->orphans, origin);
	if (orphan != 0)
		orphan_remove(store, orphan);
}

static const char unfit[] = "an event of it is not what may be published";

/* Many of them are written down as one. */
static void leave_out(struct together *together, uint64_t id)
{
	if (together->unfit == 0)
		log_warnx(LINE_SHARED_BROKEN, (unsigned long long)id, unfit);
	together->unfit = id;
}

void arrive_step(struct together *together)
{
	uint64_t id = together->unfit;

	together->unfit = 0;
	if (id != 0)
		arrive_missed(
			together, together->ledger->log.newest, id, unfit);
}

/* A transaction, after what will not do; false if there can be none now. */
static bool begin(struct together *together)
{
	arrive_step(together);
	if (!together->following)
		return false;
	if (ledger_begin(together->ledger))
		return true;
	arrive_stop(together);
	return false;
}

static void apply(struct together *together, const struct shared_entry *from)
{
	struct ledger *ledger = together->ledger;
	struct proposed one, *items = &one;
	struct entry entry;

	if (from->what.count > 1)
		items = mem_new(from->what.count * sizeof(*items));
	entry = wording_of_entry(from, items);
	/* What is left out has its ids all the same. */
	if (entry_fault(ledger, &entry) != NULL ||
		entry.id - entry.rows < together->unfit)
		leave_out(together, from->id);
	else if (begin(together)) {
		if (entry_apply(ledger, &entry))
			tell_who(together, &entry);
		move_cursor(together, &from->what.cursor);
		if (from->founded) {
			take_for_successor(together, &entry.origin);
			be_blind(together, from->id);
		}
		propose_reach(together, from->id);
	}
	if (items != &one)
		free(items);
}

void arrive_entry(void *arg, const struct shared_entry *entry)
{
	struct together *together = arg;

	if (together->following && entry->id > together->ledger->log.newest)
		apply(together, entry);
}

/* ---- what is not there */

/* The log begins anew at its newest id. */
static void renew(struct together *together, bool good)
{
	if (!good) {
		arrive_stop(together);
		return;
	}
	propose_reach(together, together->ledger->log.newest);
	together->sink.renewed(together->sink.arg);
}

static void forget(void *arg, const struct epoch *hole, bool lacks)
{
	struct together *together = arg;

	const struct eventlog *log = &together->ledger->log;

	if (lacks)
		be_blind(together,
			hole->start > log->newest ? hole->start : log->newest);
	if (together->sink.forgot != NULL)
		together->sink.forgot(together->sink.arg, hole->last);
}

void arrive_hole(void *arg, const struct shared_hole *hole)
{
	struct together *together = arg;
	struct ledger *ledger = together->ledger;
	const struct epoch epoch = {hole->last, hole->start};
	const struct entry_orphaned orphaned = {forget, together};
	bool good;

	arrive_step(together);
	if (!together->following ||
		epochs_begin_at(&ledger->log.epochs, hole->start))
		return;
	ledger_commit(ledger);
	if (hole->start <= ledger->log.newest &&
		ledger->log.newest_event <= hole->last)
		return; /* it has nothing that was forgotten */
	if (ledger->log.newest > hole->last)
		log_warnx(LINE_SHARED_ORPHANS,
			(unsigned long long)ledger->log.newest_event,
			(unsigned long long)hole->last);
	else
		log_info(LINE_SHARED_HOLE, (unsigned long long)hole->last,
			(unsigned long long)hole->start);
	/* What was there before the order was founded is told in no entry. */
	if (hole->last > ledger->log.newest)
		be_blind(together, hole->start);
	propose_lose(together, hole);
	together->listed = false;
	good = entry_hole(ledger, &epoch, &orphaned);
	renew(together, good);
	put_back_begin(together);
}

void arrive_missed(void *arg, uint64_t from, uint64_t upto, const char *broken)
{
	struct together *together = arg;
	struct ledger *ledger = together->ledger;

	arrive_step(together);
	if (!together->following || upto <= ledger->log.newest)
		return;
	if (broken == NULL)
		log_warnx(LINE_SHARED_MISSED, (unsigned long long)from,
			(unsigned long long)upto);
	if (broken == NULL)
		be_blind(together, upto);
	propose_lose(together, &(struct shared_hole){from, upto + 1});
	renew(together, entry_missed(ledger, upto));
}
