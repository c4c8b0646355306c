/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/histogram.h"

#include <assert.h>

#include "lib/search.h"

/* A bucket holds what is above the bound before its own, and up to its own. */
#define DECADE(n)                                                             \
	10 * (n), 12 * (n), 15 * (n), 17 * (n), 20 * (n), 25 * (n), 30 * (n), \
		35 * (n), 40 * (n), 50 * (n), 60 * (n), 80 * (n)

static const uint32_t bounds[HISTOGRAM_BOUNDS] = {
	DECADE(1),
	DECADE(10),
	DECADE(100),
	DECADE(1000),
	DECADE(10000),
	DECADE(100000),
	DECADE(1000000),
	100000000,
};

static uint64_t bound_at(const void *of, uint64_t bucket)
{
	const uint32_t *all = of;

	return all[bucket];
}

static unsigned bucket_of(uint64_t us)
{
	if (us == 0)
		return 0;
	return (unsigned)search_above(
		0, HISTOGRAM_BOUNDS, bound_at, bounds, us - 1);
}

void histogram_add(struct histogram *histogram, uint64_t us, uint64_t count)
{
	histogram->buckets[bucket_of(us)] += count;
	histogram->count += count;
	histogram->sum += us * count;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_SIZE; i++)
		to->buckets[i] += from->buckets[i];
	to->count += from->count;
	to->sum += from->sum;
}

static double between(unsigned bucket, double part)
{
	double low = bucket == 0 ? 0 : bounds[bucket - 1];

	if (bucket == HISTOGRAM_BOUNDS)
		return low;
	return low + (bounds[bucket] - low) * part;
}

double histogram_at(const struct histogram *histogram, double part)
{
	double wanted = (double)histogram->count * part, seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_SIZE; i++) {
		double here = (double)histogram->buckets[i];

		if (here > 0 && seen + here >= wanted)
			return between(i, (wanted - seen) / here);
		seen += here;
	}
	return 0;
}

uint64_t histogram_within(const struct histogram *histogram, uint64_t us)
{
	unsigned bucket = bucket_of(us);
	uint64_t count = 0;

	assert(bucket < HISTOGRAM_BOUNDS && bounds[bucket] == us);
	for (unsigned i = 0; i <= bucket; i++)
		count += histogram->buckets[i];
	return count;
}

void histogram_put(struct buf *out, const struct histogram *histogram)
{
	unsigned filled = 0;

	for (unsigned i = 0; i < HISTOGRAM_SIZE; i++)
		filled += histogram->buckets[i] != 0;
	wire_put_u64(out, histogram->sum);
	wire_put_u8(out, (uint8_t)filled);
	for (unsigned i = 0; i < HISTOGRAM_SIZE; i++) {
		if (histogram->buckets[i] == 0)
			continue;
		wire_put_u8(out, (uint8_t)i);
		wire_put_u64(out, histogram->buckets[i]);
	}
}

bool histogram_get(struct wire_in *in, struct histogram *histogram)
{
	struct histogram got = {.sum = wire_get_u64(in)};
	uint8_t filled = wire_get_u8(in);

	for (uint8_t i = 0; i < filled && !in->failed; i++) {
		uint8_t bucket = wire_get_u8(in);
		uint64_t count = wire_get_u64(in);

		if (bucket >= HISTOGRAM_SIZE)
			return false;
		got.buckets[bucket] += count;
		got.count += count;
	}
	if (in->failed)
		return false;
	histogram_merge(histogram, &got);
	return true;
}
