/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_SUPERVISOR_H
#define TIDINGS_LIB_SERVICE_SUPERVISOR_H
/*
 * supervisor - keeps workers alive and parses nothing
 *
 *   RUNNING   each worker's slot has a child, or a time when to start one
 *   TESTING   SIGHUP came: the program, as it is on the disk now, tries its
 *             configuration; if the test passes the supervisor becomes it
 *             (handover.h), otherwise nothing changes
 *   TAKING    the supervisor has just become it: new workers start; once they
 *             are ready the old ones are asked to give way (SIGHUP; SIGTERM
 *             where only one may be) and are gone after SUPERVISOR_GIVE_WAY_MS
 *   ENDING    SIGTERM or SIGINT came: children got SIGTERM, none is started;
 *             after SUPERVISOR_END_DEADLINE_MS those left get SIGKILL
 *
 * The supervisor holds what must outlive a worker (the listening socket, opened
 * before supervisor_run) and does nothing else.  A worker that dies is started
 * again (slot.h).  A worker whose supervisor dies gets SIGTERM
 * (PR_SET_PDEATHSIG). Workers are forked, not executed: the process must be
 * single-threaded until then and must hold no open database.
 */
#include <stdbool.h>

enum {
	SUPERVISOR_WORKERS_MAX = 64,
	SUPERVISOR_END_DEADLINE_MS =
		10000, /* a draining worker may take this long */
	SUPERVISOR_GIVE_WAY_MS = 60000, /* and this long with a successor beside
				       it, for the sake of slow readers */
	SUPERVISOR_READY_MS = 5000,	/* a worker that has not said that it is
				   ready counts as ready after this */
	SUPERVISOR_TEST_MS = 10000, /* a test that takes longer has failed */
};

struct supervisor_job {
	const char *name; /* for the log: "hub", "responder" */
	int workers;	  /* 0 to SUPERVISOR_WORKERS_MAX */
	bool alone;   /* no worker starts while one of the version before is */
	int listener; /* to be handed on, or -1 */
	char *const *argv; /* main's own, to become it anew; NULL = never */
	bool renews;	   /* a worker that ends with 0 is to be started anew */
	unsigned
		silence_ms; /* a worker that is not alive for so long is
			       killed, and another started; 0 = may be silent */
	/* In the supervisor, before a worker is forked and after it, whether
	 * that succeeded or not; false: not now, it is asked again soon, and
	 * nothing follows.  NULL = nothing to do. */
	bool (*prepare)(void *arg, int index);
	void (*forked)(void *arg, int index);
	/* Runs in the child with default signal handling and an empty mask and
	 * returns the child's exit status.  `index` is from 0. */
	int (*work)(void *arg, int index);
	void *arg;
};

/* Returns the supervisor's exit status: 0 after a clean end. */
int supervisor_run(const struct supervisor_job *job);

/* ---- (worker.c) by a worker */

/* Called once by a worker that can do its work now. */
void supervisor_ready(void);
/* Called by a worker again and again: it is not stuck. */
void supervisor_alive(void);

#endif
