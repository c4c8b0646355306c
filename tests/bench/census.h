#ifndef TIDINGS_BENCH_CENSUS_H
#define TIDINGS_BENCH_CENSUS_H
/*
 * census - what the servers' processes have used so far
 *
 * The given processes and all their descendants, from /proc: no cgroup and no
 * help from the server is needed.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CENSUS_MAX = 128 };

struct census_row {
	pid_t pid;
	pid_t parent;
	char name[32];
	uint64_t cpu_us; /* user and system, all threads */
};

struct census {
	size_t count;
	struct census_row rows[CENSUS_MAX];
};

void census_take(struct census *census, const pid_t *roots, size_t count);

/* CPU time between the two of all that are in the later one. */
uint64_t census_cpu_us(const struct census *from, const struct census *to);

/* Proportional set size of all of them, bytes. */
uint64_t census_pss(const struct census *census);

/* Prints cpu.NAME.PID_us= for each process that did something. */
void census_print(const struct census *from, const struct census *to);

#endif
