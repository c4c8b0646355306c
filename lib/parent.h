#ifndef TIDINGS_PARENT_H
#define TIDINGS_PARENT_H
/*
 * parent - keeps workers alive and parses nothing
 *
 *   RUNNING   each worker's slot has a child, or a time when to start one
 *   ENDING    SIGTERM or SIGINT came: children got SIGTERM, none is started;
 *             after END_DEADLINE those left get SIGKILL
 *
 * The parent holds what must outlive a worker (the listening socket, opened
 * before parent_run) and does nothing else.  A worker that dies is started
 * again at once; one that dies within a second of its start waits 50 ms, then
 * twice as long each time, at most 5 s.  A worker whose parent dies gets
 * SIGTERM (PR_SET_PDEATHSIG).  Workers are forked, not executed: the process
 * must be single-threaded until then and must hold no open database.
 */
enum {
	PARENT_END_DEADLINE_MS =
		10000, /* a draining worker may take this long */
};

struct parent_job {
	const char *name; /* for the log: "hub", "responder" */
	int workers;	  /* 1 to 64 */
	/* Runs in the child with default signal handling and an empty mask;
	 * what it returns is the child's exit status.  `index` from 0. */
	int (*work)(void *arg, int index);
	void *arg;
};

/* Returns the parent's exit status: 0 after a clean end. */
int parent_run(const struct parent_job *job);

#endif
