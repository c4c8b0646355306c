/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_HANDOVER_H
#define TIDINGS_LIB_SERVICE_HANDOVER_H
/*
 * handover - a supervisor becomes the new version of itself
 *
 * The same process executes its program anew, so that its pid stays, its
 * workers stay its children, and the listening socket stays open: nobody is
 * refused meanwhile.  The environment tells the new program what it
 * needs: TIDINGS_HANDOVER = its pid, the socket's descriptor, the pids of the
 * workers.  Blocked signals stay blocked, and none is lost.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct old_workers;

/* The socket that was handed to this process; -1 if none was. */
int handover_listener(void);
/* Adds the workers of the version before, and forgets what was handed over. */
void handover_workers(struct old_workers *old_workers);

/* ---- a test: does the program on the disk take its configuration? */

/* All zero: no test runs. */
struct handover_test {
	pid_t pid;    /* the child that tests; 0 = none */
	uint64_t end; /* monotonic us; when it must be done */
	bool again;   /* another test was asked for meanwhile */
};

/* Starts the program of `argv` with --test, unless a test runs already: then
 * `again` is noted.  A child that cannot be started is logged. */
void handover_test_begin(
	struct handover_test *test, char *const *argv, uint64_t end);
/* Kills the child if it is late; returns when to look again, UINT64_MAX =
 * never.
 */
uint64_t handover_test_watch(const struct handover_test *test, uint64_t now);

/* ---- the change itself */

/* Becomes the program of `argv`.  Returns only if that fails (logged), and
 * then nothing has changed. */
void handover_exec(
	char *const *argv, int listener, const struct old_workers *old_workers);

#endif
