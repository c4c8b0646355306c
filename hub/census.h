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

#include "hub/peer.h"

enum { CENSUS_LINES_MAX = 10000 }; /* of one answer, whatever was asked for */

/* CHANNELS and COUNTED came; false if malformed. */
bool census_ask(struct peer *peer, struct wire_in *in);
bool census_counted(struct peer *peer, struct wire_in *in);
/* The peer is closed. */
void census_leave(struct peer *peer);
void census_end(struct hub *hub);

#endif
