/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_RUN_CHILD_H
#define TIDINGS_CLIENT_RUN_CHILD_H
/*
 * child - another program, run as if it had been started without us
 *
 *   RUNNING -> its output goes on as it comes, and a copy is shown to `output`
 *   ENDED   -> `status` as waitpid() gives it
 *
 * Standard input is its own.  An output that is a terminal is a terminal for
 * it, too (a pseudo-terminal of the same size that changes no byte), so that
 * its progress bars are drawn.  Signals that were sent to us are sent on; those
 * of the keyboard reach it by themselves.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "lib/span.h"

struct child {
	pid_t pid;
	int status;
	/* `error`: it came from standard error. */
	void (*output)(void *arg, struct span bytes, bool error);
	void *arg;
	int from[2], to[2]; /* its standard output and error, ours */
	int signals;
	size_t left[2]; /* once it has ended: bytes that may still be its own */
	bool ended;
	int late; /* the signal that came after its end, 0 = none: it is ours */
};

/* Starts the command.  False after a sentence if it cannot be started; *status
 * then is 126 or 127, as with shells. */
bool child_start(struct child *child, char *const *command, int *status);
/* Returns when the child has ended and all its output has gone on. */
void child_wait(struct child *child);
/* Its exit status as a shell would say it: 128 + number for a signal. */
int child_exit_status(const struct child *child);
/* Ends this process as the child ended. */
void child_follow(const struct child *child);

#endif
