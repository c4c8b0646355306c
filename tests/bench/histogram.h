/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_HISTOGRAM_H
#define TIDINGS_TESTS_BENCH_HISTOGRAM_H
/*
 * histogram - durations in nanoseconds, log-linear
 *
 * 64 steps to each power of two, so a percentile is off by at most 1.6 %.
 * Plain data; zeroed is empty.
 */
#include <stdint.h>

enum {
	HISTOGRAM_STEPS = 64,
	HISTOGRAM_SIZE = 59 * HISTOGRAM_STEPS,
};

struct histogram {
	uint64_t count;
	uint64_t most;
	uint64_t buckets[HISTOGRAM_SIZE];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that `part` (0 to 1) of all values do not exceed, 0 if empty. */
uint64_t histogram_at(const struct histogram *histogram, double part);

/* Prints NAME.p50_ms=, NAME.p99_ms= and NAME.max_ms=, nothing if empty. */
void histogram_print(const struct histogram *histogram, const char *name);

#endif
