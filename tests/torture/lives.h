/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_TORTURE_LIVES_H
#define TIDINGS_TESTS_TORTURE_LIVES_H
/*
 * lives - the plan: who sits on which chair one after the other, where each
 * begins, and the books that are left of them
 *
 * A line of the plan is  CHAIR web|fcgi LAST-ID TARGET ; a dot ends it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "books.h"
#include "framing.h"

enum {
	LIVES_CHAIRS = 1024,
	LIVES_MAX = 4096,
	LIVES_TARGET = 512,
};

struct life {
	uint32_t chair;
	uint64_t last_id;
	enum framing_kind door;
	char target[LIVES_TARGET];
	int64_t late_ms; /* -1: seen in time */
	struct books books;
};

struct lives {
	uint32_t count, chairs;
	struct life all[LIVES_MAX];
};

/* From standard input; ends the process if that is no plan. */
void lives_read(struct lives *lives, bool keep);
/* Who sits there next (`after` NULL: first); NULL if nobody does. */
struct life *lives_next(
	struct lives *lives, uint32_t chair, const struct life *after);
/* [[start, count, resets, disorder, breaks, late_ms], ...] */
void lives_print(const struct lives *lives);
void lives_write(const struct lives *lives, const char *path);
void lives_release(struct lives *lives);

#endif
