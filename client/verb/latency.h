/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_LATENCY_H
#define TIDINGS_CLIENT_VERB_LATENCY_H
/*
 * latency - how long events took, each remembered
 *
 * Pure; all zero is empty.
 */
#include <stdint.h>

#include "lib/buf.h"

struct latency {
	struct buf times; /* uint32_t us */
};

/* Beyond LATENCY_MAX the times that come later are not remembered. */
enum { LATENCY_MAX = 16 << 20 };

void latency_add(struct latency *latency, uint64_t us);
void latency_release(struct latency *latency);

/* Sorts the times; call it before latency_ms(). */
void latency_sort(struct latency *latency);
/* The time in ms that `share` (0 to 1) of them did not exceed; 0 if empty. */
double latency_ms(const struct latency *latency, double share);

#endif
