/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/latency.h"

#include <stdlib.h>

static size_t count(const struct latency *latency)
{
	return latency->times.len / sizeof(uint32_t);
}

void latency_add(struct latency *latency, uint64_t us)
{
	uint32_t time = (uint32_t)us;

	if (count(latency) < LATENCY_MAX)
		buf_add(&latency->times, &time, sizeof(time));
}

void latency_release(struct latency *latency)
{
	buf_release(&latency->times);
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

void latency_sort(struct latency *latency)
{
	if (count(latency) > 0)
		qsort(latency->times.at, count(latency), sizeof(uint32_t),
			compare);
}

double latency_ms(const struct latency *latency, double share)
{
	const uint32_t *all = (const void *)latency->times.at;

	if (count(latency) == 0)
		return 0;
	return all[(size_t)(share * (double)(count(latency) - 1))] / 1e3;
}
