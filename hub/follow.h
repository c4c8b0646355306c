#ifndef TIDINGS_FOLLOW_H
#define TIDINGS_FOLLOW_H
/*
 * follow - a peer that is sent the log
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/peer.h"

/* FOLLOW: answers FOLLOWING. */
void follow_begin(struct peer *peer, uint64_t after, uint64_t window);
/* Sends what the ring has for it and the socket takes. */
void follow_move(struct peer *peer);
/* True if follow_page would have something to do. */
bool follow_wants_page(const struct peer *peer);
/* BEHIND: sends one page of the log. */
void follow_page(struct peer *peer);

#endif
