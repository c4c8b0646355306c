/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_REPORT_H
#define TIDINGS_TESTS_BENCH_REPORT_H
/*
 * report - what a run was and what came of it, as key=value lines
 */
#include <stdint.h>

#include "tests/bench/ledger.h"
#include "tests/bench/options.h"
#include "tests/bench/usage.h"

struct publishers;
struct streams;

/* One run; times are payload_now()'s. */
struct load {
	struct options options;
	struct ledger ledger;
	struct streams *streams;
	struct publishers *publishers;
	int epoll;
	uint64_t began;	 /* publishing */
	uint64_t ended;	 /* publishing and draining */
	uint64_t killed; /* when, 0 = nobody yet */
	uint64_t back;	 /* all streams are connected again */
	uint64_t whole;	 /* and have all that was published until then */
	uint32_t owed_at_back;
	pid_t inserter;
	uint64_t pss_before;
	uint64_t pss_after;
	uint64_t opening_ns;
	uint64_t opening_cpu_us;
	uint64_t rested_cpu_us; /* with what came after, while resting */
	uint64_t client_us;	/* while publishing and draining */
	uint64_t caught_up_ns;	/* how long the stalled took */
	struct usage before;
	struct usage after;
};

void report(const struct load *load);

#endif
