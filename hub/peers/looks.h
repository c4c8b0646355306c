/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_LOOKS_H
#define TIDINGS_HUB_PEERS_LOOKS_H
/*
 * looks - what is looked up for a question before it is answered
 *
 * Marks of names without a row and ids of oldest events, in pieces: a thousand
 * names that nobody has heard of are a thousand places of log.db.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "hub/peers/question.h"

#define LOOKS_ROW UINT64_MAX

/* All zero: nothing yet. */
struct looks {
	uint16_t names; /* the first ones are done */
	/* Of each name without a row, up to where it was pruned, and what of
	 * that who asks sees; LOOKS_ROW of the others. */
	struct looked {
		uint64_t through, seen;
	} * looked;
	uint64_t at; /* the latest of those without a row */
};

/* Looks up one name at least, and more until `end`; false if there are more. */
bool looks_go_on(struct looks *looks, const struct question *question,
	struct eventlog *log, uint64_t end);
void looks_release(struct looks *looks);

/* Up to where a name was pruned: by what its pages say, and of that what who
 * asks sees. */
struct looked_marks {
	struct mark all, seen;
};

/* Of the name at `place`, which has no row. */
struct looked_marks looks_of_gone(const struct looks *looks,
	const struct question *question, uint16_t place,
	struct channels *channels, struct span name);

#endif
