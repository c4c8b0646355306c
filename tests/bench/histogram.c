/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/histogram.h"

#include <inttypes.h>
#include <stdio.h>

static unsigned bucket_of(uint64_t value)
{
	if (value < HISTOGRAM_STEPS)
		return (unsigned)value;
	unsigned shift = 57u - (unsigned)__builtin_clzll(value);
	return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

static uint64_t bucket_top(unsigned bucket)
{
	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	unsigned shift = bucket / HISTOGRAM_STEPS - 1;
	uint64_t steps = bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS;
	return ((steps + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->buckets[bucket_of(value)]++;
	histogram->count++;
	if (value > histogram->most)
		histogram->most = value;
}

uint64_t histogram_at(const struct histogram *histogram, double part)
{
	uint64_t wanted = (uint64_t)((double)histogram->count * part);
	uint64_t seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_SIZE; i++) {
		seen += histogram->buckets[i];
		if (seen > wanted || (seen == histogram->count && seen != 0))
			return bucket_top(i);
	}
	return 0;
}

void histogram_print(const struct histogram *histogram, const char *name)
{
	if (histogram->count == 0)
		return;
	printf("%s.p50_ms=%.3f\n%s.p99_ms=%.3f\n%s.max_ms=%.3f\n", name,
		(double)histogram_at(histogram, 0.5) / 1e6, name,
		(double)histogram_at(histogram, 0.99) / 1e6, name,
		(double)histogram->most / 1e6);
}
