/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_PAYLOAD_H
#define TIDINGS_TESTS_BENCH_PAYLOAD_H
/*
 * payload - the data of one measured event
 *
 *     8 digits number | 8 digits publisher | 16 digits time | padding
 *
 * Numbers rise from 0 over all publishers of a run.  The time is that of
 * CLOCK_MONOTONIC in nanoseconds, so sender and receiver share a machine.  The
 * padding is the same in every event: a receiver can tell a damaged one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PAYLOAD_MIN = 32,
	PAYLOAD_MAX = 65536,
};

struct payload {
	uint32_t number;
	uint32_t publisher;
	uint64_t at;
};

uint64_t payload_now(void);

/* Writes `size` bytes, no terminator. */
void payload_write(char *out, size_t size, const struct payload *payload);

/* False if `text` is no payload of `size` bytes. */
bool payload_read(const char *text, size_t size, struct payload *payload);

#endif
