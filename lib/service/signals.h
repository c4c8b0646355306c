/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_SIGNALS_H
#define TIDINGS_LIB_SERVICE_SIGNALS_H
/*
 * signals - those that a supervisor lives by
 *
 * SIGTERM, SIGINT, SIGCHLD, SIGHUP and signals_ready() are blocked and waited
 * for, one at a time, so there is no handler and nothing that a handler may not
 * do.  Plain data.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

struct signals {
	sigset_t set;
	sigset_t before; /* what was blocked before */
};

/* The one by which a worker says that it is ready. */
int signals_ready(void);

/* Blocks them, and ignores SIGPIPE. */
void signals_block(struct signals *signals);
/* One signal, from `*from`; or 0 when `until` (monotonic us, UINT64_MAX =
 * never) has come. */
int signals_wait(const struct signals *signals, uint64_t until, pid_t *from);
/* Unblocks what was not blocked before; those that have come meanwhile have no
 * effect. */
void signals_let_go(const struct signals *signals);

#endif
