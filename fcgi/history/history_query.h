/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HISTORY_HISTORY_QUERY_H
#define TIDINGS_FCGI_HISTORY_HISTORY_QUERY_H
/*
 * history_query - which page of a channel's events somebody asks for
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/http/spelling.h"
#include "fcgi/stream/since.h"
#include "lib/span.h"

enum {
	HISTORY_LIMIT = 100, /* events of a page, unless told ... */
	HISTORY_LIMIT_MAX = 1000,
	HISTORY_WAIT_MAX_MS = 60000,
};

struct history_query {
	struct since since;
	bool lasting; /* the same words will mean the same place */
	uint16_t limit;
	uint64_t wait_ms; /* for an event, where there is none; 0 = not */
};

/* What is wrong with one: no code if nothing is. */
struct history_fault {
	const char *code, *sentence;
	struct misspelt misspelt; /* where the sentence may be */
};

/* False if there is a fault.  `now` in ms since 1970. */
bool history_query_read(struct history_query *wanted, struct span query,
	uint64_t now, struct history_fault *fault);

#endif
