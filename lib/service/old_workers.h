/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_OLD_WORKERS_H
#define TIDINGS_LIB_SERVICE_OLD_WORKERS_H
/*
 * old_workers - workers of the versions that a supervisor was before
 *
 * They are still its children, and still serve, until they are asked to go;
 * each is asked once.  Plain data; all zero is none.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	OLD_WORKERS_MAX =
		256, /* one more, by many reloads in a row, is killed */
};

struct old_workers {
	size_t count;
	struct {
		pid_t pid;
		uint64_t deadline; /* us; when it is killed; 0 = not asked */
	} all[OLD_WORKERS_MAX];
};

void old_workers_add(struct old_workers *old_workers, pid_t pid);
bool old_workers_remove(
	struct old_workers *old_workers, pid_t pid); /* false: not one */
void old_workers_signal(const struct old_workers *old_workers, int number);

/* Sends the signal `number` to those who have not been asked yet; they must be
 * gone by `deadline`. */
void old_workers_ask(
	struct old_workers *old_workers, int number, uint64_t deadline);
/* Kills those whose deadline has passed; returns the next one. */
uint64_t old_workers_kill_late(struct old_workers *old_workers, uint64_t now);

#endif
