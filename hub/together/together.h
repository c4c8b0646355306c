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

struct entry;
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
	/* So many listen to `name` on that other machine; it has left. */
	void (*counted)(void *arg, const uint8_t hub[ORIGIN_HUB],
		struct span name, uint32_t number);
	void (*left)(void *arg, const uint8_t hub[ORIGIN_HUB]);
	/* In a transaction: an entry that tells who has come or gone
	 * (hub/log/coming.h). */
	void (*came)(void *arg, const struct entry *entry);
	/* Likewise, before it: what is above `last` leaves the log. */
	void (*forgot)(void *arg, uint64_t last);
	void *arg;
};

/* The ledger's configuration says which order; all is borrowed.  What cannot be
 * is a failed start. */
struct together *together_open(struct loop *loop, struct ledger *ledger,
	const struct together_sink *sink);
/* Harmless for NULL, as are the others. */
void together_close(struct together *together);

/* So many listen to `name` on this one. */
void together_count(
	struct together *together, struct span name, uint64_t number);

/* Once a turn, before the commit: what waits for it to get somewhere. */
void together_step(struct together *together);
/* Now and then. */
void together_tend(struct together *together);

#endif
