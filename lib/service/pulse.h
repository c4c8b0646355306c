/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_PULSE_H
#define TIDINGS_LIB_SERVICE_PULSE_H
/*
 * pulse - whether a worker is still at work
 *
 * A page of memory that the supervisor shares with one worker, into which that
 * writes the time.  Times are monotonic us.  All zero is one that nobody has
 * begun, and is never lost.
 */
#include <stdbool.h>
#include <stdint.h>

struct pulse {
	uint64_t *at; /* NULL = no page */
};

/* In the supervisor, before a worker is forked; false (logged) without memory.
 */
bool pulse_begin(struct pulse *pulse);
/* In a worker: another's. */
void pulse_leave(struct pulse *pulse);
/* In a worker: its own. */
void pulse_beat(struct pulse *pulse);
/* True once nothing has come for `patience` us; it then begins anew. */
bool pulse_is_lost(const struct pulse *pulse, uint64_t now, uint64_t patience);

#endif
