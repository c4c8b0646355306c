/* SPDX-License-Identifier: MIT */
/*
 * machine - what the machine itself does to the figures
 *
 *     machine stall CORE...   until SIGTERM: a thread of the highest priority
 *                             on each core wakes every 2 ms and notes how late
 *                             it was; prints stall_ms= and stalls_over_5ms=
 *     machine fsync FOLDER    prints fsync.p50_ms= of 200 writes of 4 KiB
 *
 * A 99th percentile from a virtual machine that stood still for 100 ms says
 * nothing about the server.
 */
#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/histogram.h"
#include "tests/bench/payload.h"

enum {
	WAKE_NS = 2000000,
	STALL_NS = 5000000,
	CORES = 64,
	SYNCS = 200,
	PAGE = 4096,
};

struct watch {
	pthread_t thread;
	int core;
	uint64_t worst;
	unsigned stalls;
};

static volatile sig_atomic_t over;

static void on_signal(int number)
{
	over = number;
}

static void *stare(void *arg)
{
	struct watch *watch = arg;
	struct sched_param most = {.sched_priority = 50};
	struct timespec nap = {0, WAKE_NS};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)watch->core, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0 ||
		pthread_setschedparam(pthread_self(), SCHED_FIFO, &most) != 0)
		warnx("stall: core %d: no real-time priority", watch->core);
	while (over == 0) {
		uint64_t before = payload_now();
		nanosleep(&nap, NULL);
		uint64_t late = payload_now() - before;
		late = late > WAKE_NS ? late - WAKE_NS : 0;
		watch->stalls += late > STALL_NS;
		if (late > watch->worst)
			watch->worst = late;
	}
	return NULL;
}

static int stall(int count, char **cores)
{
	static struct watch watches[CORES];
	struct sigaction act = {.sa_handler = on_signal};
	uint64_t worst = 0;
	unsigned stalls = 0;

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	if (count > CORES)
		errx(2, "stall: at most %d cores", CORES);
	for (int i = 0; i < count; i++) {
		watches[i].core = atoi(cores[i]);
		if (pthread_create(
			    &watches[i].thread, NULL, stare, &watches[i]) != 0)
			errx(1, "stall: no thread");
	}
	for (int i = 0; i < count; i++) {
		pthread_join(watches[i].thread, NULL);
		stalls += watches[i].stalls;
		if (watches[i].worst > worst)
			worst = watches[i].worst;
	}
	printf("stall_ms=%.2f\nstalls_over_5ms=%u\n", (double)worst / 1e6,
		stalls);
	return 0;
}

static int sync_often(const char *folder)
{
	static struct histogram took;
	static char page[PAGE];
	char path[4096];

	snprintf(path, sizeof(path), "%s/fsync-XXXXXX", folder);
	int fd = mkstemp(path);
	if (fd < 0)
		err(1, "%s", path);
	unlink(path);
	for (int i = 0; i < SYNCS; i++) {
		uint64_t before = payload_now();
		if (write(fd, page, PAGE) != PAGE || fdatasync(fd) != 0)
			err(1, "fdatasync");
		histogram_add(&took, payload_now() - before);
	}
	close(fd);
	histogram_print(&took, "fsync");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "stall") == 0)
		return stall(argc - 2, argv + 2);
	if (argc == 3 && strcmp(argv[1], "fsync") == 0)
		return sync_often(argv[2]);
	errx(2, "usage: machine stall CORE... | machine fsync FOLDER");
}
