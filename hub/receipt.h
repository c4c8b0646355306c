#ifndef TIDINGS_RECEIPT_H
#define TIDINGS_RECEIPT_H
/*
 * receipt - answers that a publisher may not have got yet
 *
 * A publish is named by its source and a number (lib/wire.h).  What was stored
 * is remembered, in the transaction that stored it, until the source says that
 * it has the answer: so a publish that is sent again, to this hub or to the
 * next one, is answered again and not stored again.
 *
 *   draft    noted in the transaction under way
 *   settled  committed; in memory and in a row
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/store.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/table.h"

enum {
	RECEIPTS_MAX = 131072,	 /* a source that acknowledges nothing loses its
				    oldest receipts above this many */
	RECEIPT_GONE_MS = 60000, /* a source that is away this long is
				    forgotten; publishers give up after 5 s */
};

struct receipt {
	uint64_t number, first, last;
};

struct receipt_row {
	uint64_t id;	 /* its row in the table */
	uint64_t number; /* the highest in it */
};

struct source {
	struct table_node node;
	struct source *next_draft;
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
	struct table sources;
	struct source *drafts;
	uint64_t last_row;
	struct query add, remove;
};

void receipts_open(struct receipts *receipts, struct store *store,
	const struct clock *clock);
void receipts_close(struct receipts *receipts);

/* One more connection of that source; ended by source_leave. */
struct source *source_join(struct receipts *receipts, uint64_t name);
void source_leave(struct receipts *receipts, struct source *source);

/* True if `number` was stored before, also in this transaction. */
bool receipt_look(
	const struct source *source, uint64_t number, struct receipt *receipt);
/* A publish with this number has come. */
void receipt_seen(struct source *source, uint64_t number, uint64_t answered);
void receipt_draft(struct receipts *receipts, struct source *source,
	const struct receipt *receipt);

/* Before COMMIT, after it, after its failure. */
void receipts_write(struct receipts *receipts);
void receipts_settle(struct receipts *receipts);
void receipts_revert(struct receipts *receipts);

/* Forgets sources that have been away too long; in a transaction of its own
 * making if there are any. */
void receipts_shed(struct receipts *receipts);

#endif
