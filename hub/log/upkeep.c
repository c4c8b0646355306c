/* SPDX-License-Identifier: MIT */
/*
 * upkeep - what the ledger does beside its transactions (ledger.h)
 */
#include "config.h"

#include "hub/log/ledger.h"
#include "hub/log/order.h"

void ledger_save_losses(struct ledger *ledger)
{
	const struct channels *channels = &ledger->channels;

	if ((channels->dirty != NULL || channels->floor_raised) &&
		ledger->writable && store_begin(&ledger->store))
		ledger_commit(ledger);
}

void ledger_checkpoint(struct ledger *ledger)
{
	if (ledger->store.db.wal_pages > LEDGER_WAL_PAGES)
		store_checkpoint(&ledger->store);
}

/* The newest event goes with an erasure behind it: where the order is shared,
 * with whatever comes next. */
static void expire(struct ledger *ledger)
{
	uint64_t newest = expiries_step(&ledger->expiries);
	struct erasure erasure = {.first = newest, .last = newest};
	struct buf traits = {0};

	if (newest == 0 || ledger->order != NULL || !ledger_begin(ledger))
		return;
	erasures_erase(&ledger->erasures, newest);
	erasure_put(&traits, &erasure);
	ledger_append(ledger,
		channel_get(&ledger->channels, span_of(ERASURE_CHANNEL)),
		span(NULL, 0), buf_span(&traits), span(NULL, 0));
	buf_release(&traits);
}

void ledger_prune(struct ledger *ledger)
{
	eventlog_check_owners(&ledger->log, EVENTLOG_OWNERS_STEP);
	if (ledger->retention.behind && ledger->writable)
		retention_step(&ledger->retention);
	if (erasures_wait(&ledger->erasures) && ledger->writable)
		erasures_step(&ledger->erasures);
	if (expiries_are_due(&ledger->expiries) && ledger->writable)
		expire(ledger);
}

bool ledger_is_behind(const struct ledger *ledger)
{
	return ledger->retention.behind || !ledger->log.owned ||
	       ((erasures_wait(&ledger->erasures) ||
			expiries_are_due(&ledger->expiries)) &&
		       ledger->writable);
}
