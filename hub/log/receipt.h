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
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/store.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/table.h"

enum {
	RECEIPTS_MAX = 131072,	 /* a publisher that acknowledges nothing loses
				    its oldest receipts above this many */
	RECEIPT_GONE_MS = 60000, /* a publisher that is away this long is
				    forgotten; publishers give up after 5 s */
};

struct receipt {
	uint64_t number, first, last;
};

struct receipt_row {
	uint64_t id;	 /* its row in the table */
	uint64_t number; /* the highest in it */
};

struct publisher {
	struct table_node node;
	struct publisher *next_draft;
	uint64_t name;
	uint64_t highest; /* number seen, answered or not */
	uint64_t answered;
	unsigned peers;	    /* connections that use it */
	uint64_t left_at;   /* monotonic us, when `peers` fell to 0 */
	struct buf settled; /* struct receipt, rising */
	struct buf rows;    /* struct receipt_row, rising */
	size_t settled_from, rows_from; /* what lies before is forgotten */
	struct buf draft;		/* struct receipt */
	uint64_t draft_row;
	bool drafting;
};

struct receipts {
	struct store *store;
	const struct clock *clock;
	struct table publishers;
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

/* True if `number` was stored before, also in this transaction. */
bool receipt_look(const struct publisher *publisher, uint64_t number,
	struct receipt *receipt);
/* A publish with this number has come. */
void receipt_seen(
	struct publisher *publisher, uint64_t number, uint64_t answered);
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
