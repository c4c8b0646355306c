/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_HISTOGRAM_H
#define TIDINGS_LIB_HISTOGRAM_H
/*
 * histogram - durations in microseconds, counted in buckets
 *
 * Twelve buckets a decade (not quite four an octave), from 10 us to 100 s, at
 * round numbers, so that a percentile is off by less than a seventh of itself
 * and the buckets of Prometheus are sums of these.  Plain data; all zero is
 * empty.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/wire.h"

enum {
	HISTOGRAM_BOUNDS = 7 * 12 + 1,
	HISTOGRAM_SIZE = HISTOGRAM_BOUNDS + 1, /* the last has no bound */
};

struct histogram {
	uint64_t count;
	uint64_t sum; /* us */
	uint64_t buckets[HISTOGRAM_SIZE];
};

/* `count` durations of `us`. */
void histogram_add(struct histogram *histogram, uint64_t us, uint64_t count);
void histogram_merge(struct histogram *to, const struct histogram *from);

/* The duration that `part` (0 to 1) of all do not exceed, between the bounds of
 * its bucket as if that were filled evenly; 0 if empty. */
double histogram_at(const struct histogram *histogram, double part);
/* How many are at most `us`, which must be one of the bounds. */
uint64_t histogram_within(const struct histogram *histogram, uint64_t us);

/* As part of a frame (wire.h). */
void histogram_put(struct buf *out, const struct histogram *histogram);
/* Adds what `in` holds; false, and nothing added, if it is malformed. */
bool histogram_get(struct wire_in *in, struct histogram *histogram);

#endif
