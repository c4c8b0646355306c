#ifndef TIDINGS_TESTS_FUZZ_ROWS_H
#define TIDINGS_TESTS_FUZZ_ROWS_H
/*
 * rows - what an inbox, or a publish, sees of SQLite and of the hub
 *
 * In place of lib/db.c, hub/store.c, hub/hub.c, hub/key.c and hub/inbox_file.c:
 * the rows are what the fuzzer wants them to be, and what is stored is only
 * remembered.
 */
#include <stddef.h>
#include <stdint.h>

#include "hub/hub.h"
#include "lib/span.h"

enum { ROWS_MAX = 256, ROWS_COLUMNS = 5 };

struct value {
	int type; /* DB_INT, DB_TEXT ... */
	struct span bytes;
};

struct row {
	uint64_t id;
	bool too_long; /* cannot be read */
	struct value values[ROWS_COLUMNS];
};

/* What the hub was told to store. */
struct stored_event {
	size_t row; /* the one that was being read */
	struct span channel, type, data;
};

struct rows {
	struct row all[ROWS_MAX]; /* ids rise */
	size_t count, at;
	struct stored_event stored[ROWS_MAX];
	size_t stored_count;
	struct answer answer; /* the last one for a publisher */
	unsigned answers;
	uint64_t after;
};

extern struct rows rows;

/* Forgets the rows and all that came of them. */
void rows_clear(void);

#endif
