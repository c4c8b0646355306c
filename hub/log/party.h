/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_PARTY_H
#define TIDINGS_HUB_LOG_PARTY_H
/*
 * party - whoever moves with the ledger's transaction
 *
 * They are asked in the order of joining: retention is the first, whose
 * deletions change channels, and the channels are the last, whose rows are
 * written once.
 */
#include <stddef.h>

struct calendar;
struct channels;
struct eventlog;
struct receipts;
struct retention;

enum { PARTIES_MAX = 12 };

/* Each of the three may be NULL. */
struct party {
	void (*write)(void *arg);  /* before COMMIT: rows */
	void (*settle)(void *arg); /* after it */
	void (*revert)(void *arg); /* after its failure */
	void *arg;
};

struct parties {
	struct party all[PARTIES_MAX];
	size_t count;
};

/* The log's own. */
void parties_open(struct parties *parties, struct retention *retention,
	struct receipts *receipts, struct calendar *calendar,
	struct eventlog *log, struct channels *channels);
/* Joins before the log and its channels, behind all others. */
void parties_join(struct parties *parties, const struct party *party);

void parties_write(const struct parties *parties);
void parties_settle(const struct parties *parties);
void parties_revert(const struct parties *parties);

#endif
