/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_EXPIRE_H
#define TIDINGS_HUB_LOG_EXPIRE_H
/*
 * expire - events that are good until a time only go when it has come
 *
 * Who delivers events passes such a one over from that time on
 * (TRAIT_EXPIRES); here its row goes, as if it had been deleted (erase.h): it
 * is no gap.  A table says which are due when.  The log's newest event stays
 * until there is another, or an erasure of it: followers wait for its id.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/calendar.h"
#include "hub/log/erase.h"

enum {
	EXPIRE_STEP = 100,	  /* events of a transaction, ... */
	EXPIRE_BYTES = 512 << 10, /* ... or about so much of them */
};

struct expiries {
	struct erasures *erasures;
	const struct calendar *calendar;
	uint64_t next; /* ms: nothing is due before; UINT64_MAX = ever */
	struct query note, due, done;
};

void expiries_open(struct expiries *expiries, struct erasures *erasures,
	const struct calendar *calendar);
void expiries_close(struct expiries *expiries);
struct party expiries_party(struct expiries *expiries);

/* In the transaction: an event has come that is good until `at`, in ms. */
void expiries_note(struct expiries *expiries, uint64_t id, uint64_t at);

static inline bool expiries_are_due(const struct expiries *expiries)
{
	return expiries->next != UINT64_MAX &&
	       expiries->next <= calendar_date(expiries->calendar);
}

/* Some of those that are due go, in a transaction that it begins.  The id of
 * the log's newest event if that is due and has to stay; 0. */
uint64_t expiries_step(struct expiries *expiries);

#endif
