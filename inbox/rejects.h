/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_REJECTS_H
#define TIDINGS_INBOX_REJECTS_H
/*
 * rejects - why rows of an inbox were not published
 *
 * The log keeps each reason until it is told: written into its row.  Until then
 * no row is removed, since one without its reason would be taken for a
 * published one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inbox/file.h"
#include "lib/buf.h"

enum {
	REJECTS_MAX = 10000, /* with more that wait, the inbox is not read on */
	REJECTS_TOLD = 200,  /* written in one transaction */
	REJECTS_KEPT = 500,  /* rows that cannot hold theirs: likewise */
};

/* All zero is an empty one. */
struct rejects {
	struct buf all;	 /* struct reject */
	struct buf kept; /* uint64_t: rows that do not hold theirs */
	uint64_t lines_minute;
	uint32_t lines;
};

void rejects_forget(struct rejects *rejects);
size_t rejects_count(const struct rejects *rejects);
/* Rows that cannot hold their reasons: too long to be written anew, or under a
 * rule of their own table.  They stay where they are until the file is opened
 * again, which tries once more. */
size_t rejects_count_kept(const struct rejects *rejects);
void rejects_add(struct rejects *rejects, uint64_t row, struct span reason);
/* A log line about the row, unless there were many in this minute. */
void rejects_say(struct rejects *rejects, const char *inbox, uint64_t row,
	struct span reason, uint64_t now_us);

/* Writes the first reasons into their rows, if nobody else has a transaction
 * open, and drops them.  Appends those rows to `rows` (u64 each, as TOLD has
 * them); returns how many there are; 0 if it has to wait, or none can hold it.
 */
uint32_t rejects_tell(
	struct rejects *rejects, struct inbox_file *file, struct buf *rows);

#endif
