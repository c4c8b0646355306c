/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_PUBLISHER_H
#define TIDINGS_HUB_LOG_PUBLISHER_H
/*
 * publisher - one who publishes, and what has been stored of its
 *
 * Memory only; the rows are receipt.c's.  Its receipts are a draft until the
 * transaction that they belong to is committed, then settled, until it says
 * that it has the answer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

enum {
	RECEIPTS_MAX = 131072, /* a publisher that acknowledges nothing loses
				  its oldest receipts above this many */
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
	struct node away; /* among those without a connection */
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

struct publisher *publisher_new(uint64_t name);
void publisher_free(struct publisher *publisher);

/* A publish with this number has come; it has all answers up to `answered`. */
void publisher_seen(
	struct publisher *publisher, uint64_t number, uint64_t answered);
/* True if `number` was stored before, also in this transaction. */
bool publisher_look(const struct publisher *publisher, uint64_t number,
	struct receipt *receipt);

/* The receipts `more` are in that row now. */
void publisher_settle(
	struct publisher *publisher, uint64_t row, struct span more);
/* What has been answered is no longer needed. */
void publisher_forget(struct publisher *publisher);
/* Rising; NULL if there are none. */
const struct receipt_row *publisher_rows(
	const struct publisher *publisher, size_t *count);

#endif
