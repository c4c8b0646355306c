/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_RECEIPT_H
#define TIDINGS_HUB_LOG_RECEIPT_H
/*
 * receipt - answers that a publisher may not have got yet
 *
 * A publish is named by its publisher (its source, in lib/wire.h) and a number.
 * What was stored is remembered, in the transaction that stored it, until the
 * publisher says that it has the answer: so a publish that is sent again, to
 * this hub or to the next one, is answered again and not stored again.
 *
 *   draft    noted in the transaction under way
 *   settled  committed; in memory and in a row
 */
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "hub/log/publisher.h"
#include "lib/clock.h"
#include "lib/table.h"

enum {
	RECEIPT_GONE_MS = 60000, /* a publisher that is away this long is
				    forgotten; publishers give up after 5 s */
};

struct receipts {
	struct store *store;
	const struct clock *clock;
	struct table publishers;
	struct node away; /* publishers, who left first is first */
	struct publisher *drafts;
	uint64_t last_row;
	struct query add, remove;
};

void receipts_open(struct receipts *receipts, struct store *store,
	const struct clock *clock);
void receipts_close(struct receipts *receipts);

/* One more connection of that publisher; ended by publisher_leave. */
struct publisher *publisher_join(struct receipts *receipts, uint64_t name);
void publisher_leave(struct receipts *receipts, struct publisher *publisher);

/* What was stored in this transaction. */
void receipt_draft(struct receipts *receipts, struct publisher *publisher,
	const struct receipt *receipt);

/* Before COMMIT, after it, after its failure. */
void receipts_write(struct receipts *receipts);
void receipts_settle(struct receipts *receipts);
void receipts_revert(struct receipts *receipts);

/* Forgets publishers that have been away too long; in a transaction of its own
 * making if there are any. */
void receipts_collect(struct receipts *receipts);

#endif
