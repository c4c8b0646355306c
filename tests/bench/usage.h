/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_USAGE_H
#define TIDINGS_TESTS_BENCH_USAGE_H
/*
 * usage - what the servers' processes have used so far
 *
 * The given processes and all their descendants, from /proc: no cgroup and no
 * help from the server is needed.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { USAGE_MAX = 128 };

struct usage_row {
	pid_t pid;
	pid_t parent;
	char name[32];
	uint64_t cpu_us; /* user and system, all threads */
};

struct usage {
	size_t count;
	struct usage_row rows[USAGE_MAX];
};

void usage_take(struct usage *usage, const pid_t *roots, size_t count);

/* CPU time between the two of all that are in the later one. */
uint64_t usage_cpu_us(const struct usage *from, const struct usage *to);

/* Proportional set size of all of them, bytes. */
uint64_t usage_pss(const struct usage *usage);

/* Prints cpu.NAME.PID_us= for each process that did something. */
void usage_print(const struct usage *from, const struct usage *to);

#endif
