/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_FUZZ_ROWS_H
#define TIDINGS_TESTS_FUZZ_ROWS_H
/*
 * rows - what a row, or a publish, sees of SQLite and of the ledger
 *
 * In place of lib/db/db.c, hub/log/disk/store.c, hub/log/ledger.c,
 * hub/log/key.c and hub/log/channel.c: the rows are what the fuzzer wants them
 * to be, and what is stored is only remembered.  One party may join the ledger.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "lib/span.h"

enum { ROWS_MAX = 256, ROWS_COLUMNS = 7 };

struct value {
	int type; /* DB_INT, DB_TEXT ... */
	struct span bytes;
};

struct row {
	uint64_t id;
	struct value values[ROWS_COLUMNS];
};

/* What the ledger was told to store. */
struct stored_event {
	size_t row; /* rows.at at that time */
	struct span channel, type, data;
};

struct rows {
	struct row all[ROWS_MAX];
	size_t count, at;
	struct stored_event stored[ROWS_MAX];
	size_t stored_count;
	struct ack ack; /* the last one for a publisher */
	unsigned acks;
	bool fails; /* the next COMMIT; who joined the ledger reverts then */
};

extern struct rows rows;

/* Forgets the rows and all that came of them. */
void rows_clear(void);

#endif
