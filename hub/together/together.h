/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_TOGETHER_TOGETHER_H
#define TIDINGS_HUB_TOGETHER_TOGETHER_H
/*
 * together - this machine's log, and the order that it has in common with
 * others
 *
 * What is proposed here goes to the shared order (hub/shared/).  What comes
 * back, from whichever machine, goes into the ledger's transaction; an ack is
 * let go once the entry that it is about is committed in this machine's own
 * log.  Nothing is proposed while the log is too far behind.
 *
 * The ledger knows it as its struct order.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "hub/log/origin.h"
#include "lib/loop.h"

struct together;

/* Whom it tells. */
struct together_sink {
	/* Events have left the log: whoever follows it begins anew. */
	void (*renewed)(void *arg);
	/* The ledger's `away` has changed. */
	void (*state)(void *arg);
	/* In a transaction: an inbox is published up to there. */
	void (*moved)(void *arg, struct span name,
		const uint8_t identity[ORIGIN_INBOX], uint64_t cursor);
	void *arg;
};

/* The ledger's configuration says which order; all is borrowed.  What cannot be
 * is a failed start. */
struct together *together_open(struct loop *loop, struct ledger *ledger,
	const struct together_sink *sink);
/* Harmless for NULL, as are the others. */
void together_close(struct together *together);

/* Once a turn, before the commit: what waits for it to get somewhere. */
void together_step(struct together *together);
/* Now and then. */
void together_tend(struct together *together);

#endif
