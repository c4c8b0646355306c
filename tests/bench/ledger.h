/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_LEDGER_H
#define TIDINGS_TESTS_BENCH_LEDGER_H
/*
 * ledger - which stream has had which event
 *
 * Stream i listens to channel i modulo channels, event n goes to channel n
 * modulo channels.  A bit for each stream and event tells lost from doubled;
 * the newest number for each stream and publisher tells reordered.  Only this
 * makes a figure worth printing: a fast server that drops events is not fast.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/histogram.h"
#include "tests/bench/payload.h"

struct ledger {
	uint32_t streams;
	uint32_t stalled; /* of them; the figures are those of the others */
	uint32_t channels;
	uint32_t publishers;
	uint32_t capacity; /* events it has room for */

	uint32_t published; /* events 0 to published - 1 are owed */
	uint64_t delivered; /* each stream and event once */
	uint64_t late;	    /* of these, to streams that stalled */
	uint64_t doubled;
	uint64_t reordered; /* later than a younger one of the same publisher */
	uint64_t foreign;   /* of no event that this run could have sent */
	uint64_t last;	    /* when the newest delivery came */
	uint32_t complete;  /* all events below are with all their streams */

	struct histogram latency;   /* of each delivery */
	struct histogram until_all; /* of each event: until the last had it */

	uint64_t *have; /* streams x words */
	size_t words;
	uint32_t *newest;  /* streams x publishers, number + 1 */
	uint32_t *missing; /* for each event: streams still without */
};

/* Ends the process if there is no memory. */
void ledger_init(struct ledger *ledger);
void ledger_release(struct ledger *ledger);

void ledger_deliver(struct ledger *ledger, uint32_t stream,
	const struct payload *payload, uint64_t now);

/* Is this one of the stalled?  They are spread evenly. */
bool ledger_stalls(const struct ledger *ledger, uint32_t stream);

/* Deliveries that the published events amount to. */
uint64_t ledger_owed(const struct ledger *ledger);
/* Has everybody who reads had everything? */
bool ledger_is_settled(const struct ledger *ledger);

/* Moves `complete` on; true if it has reached `events`. */
bool ledger_is_complete(struct ledger *ledger, uint32_t events);

#endif
