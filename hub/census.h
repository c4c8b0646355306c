#ifndef TIDINGS_CENSUS_H
#define TIDINGS_CENSUS_H
/*
 * census - which channels there are, and how many listen to each
 *
 * What is stored the hub knows; who listens it asks its followers (COUNT).  A
 * census ends when all have answered or left, or after WIRE_COUNT_MS; whoever
 * asks the same meanwhile gets the same answer.
 */
#include <stdbool.h>

#include "hub/ledger.h"
#include "hub/peer.h"

enum { CENSUS_LINES_MAX = 10000 }; /* of one answer, whatever was asked for */

struct census;

struct censuses {
	struct ledger *ledger;
	struct peers *peers;
	struct census *first;
	uint64_t tag;
};

/* CHANNELS and COUNTED came; false if malformed. */
bool census_ask(struct censuses *all, struct peer *peer, struct wire_in *in);
bool census_counted(
	struct censuses *all, struct peer *peer, struct wire_in *in);
/* The peer is closed. */
void census_leave(struct censuses *all, struct peer *peer);
void census_end(struct censuses *all);

#endif
