/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_LINES_H
#define TIDINGS_LIB_LINES_H
/*
 * lines - what lib says to the log, and what the manual says of it
 *
 * Above each line of the log: the words in capitals that stand for what varies
 * in it, in its order (ERROR, if it is beyond, for what errno says); then what
 * the manual explains, which holds for the lines directly above it too.
 * `man/lines.awk` makes the part LOG LINES of the manual's pages of it: `make
 * man-lines`.
 */

/* ---- Of all daemons */

/*
 * NAME NUMBER PID
 * A worker has been started.
 */
#define LINE_STARTED "supervisor: started %s %d, pid %ld"

/*
 * NAME NUMBER PID SIGNAL
 * By somebody, by the kernel for want of memory, or by a fault of its own
 * (Segmentation fault, Aborted: please report it). It is started again.
 */
#define LINE_WAS_KILLED "supervisor: %s %d, pid %ld, was killed: %s"

/*
 * NAME NUMBER PID STATUS
 * The line before says why. It is started again, so that it comes up as soon
 * as the reason is gone.
 */
#define LINE_EXITED "supervisor: %s %d, pid %ld, exited with status %d"

/*
 * NAME NUMBER PID SECONDS
 * Of readers of inboxes only: it is killed, and another is started.
 */
#define LINE_STUCK                                                      \
	"supervisor: %s %d, pid %ld, is stuck: nothing has come of it " \
	"for %u s"

/*
 * COUNT NAME
 * They had 10 seconds.
 */
#define LINE_NOT_IN_TIME "supervisor: %d of %s did not end in time, killed"

/*
 * NAME NUMBER ERROR
 * Too many processes, or no memory; it is tried again.
 */
#define LINE_CANNOT_FORK "supervisor: cannot fork %s %d"

/*
 * ERROR
 * It is not started; it is tried again.
 */
#define LINE_CANNOT_WATCH "supervisor: no memory to watch a worker"

/*
 * ERROR
 * The kernel or a sandbox refuses prctl(2).
 */
#define LINE_CANNOT_OUTLIVE "supervisor: cannot ask for the supervisor's death"

/* A reload begins. */
#define LINE_EXECUTES "supervisor: executes the program on the disk"

/*
 * NAME PID
 * A reload has come to its end.
 */
#define LINE_OLD_ENDED "supervisor: the old %s, pid %ld, has ended"

/*
 * NAME PID
 * Likewise, with a worker that took longer than a minute, the hub's than 10
 * seconds.
 */
#define LINE_OLD_KILLED "supervisor: the old %s, pid %ld, has ended, killed"

/* The line before says why. Mend it and reload again. */
#define LINE_NOTHING_CHANGED                                                 \
	"supervisor: the new program or its configuration failed its test; " \
	"nothing has changed"

/* ERROR */
#define LINE_CANNOT_TRY "supervisor: cannot fork to try the new program"
/* PROGRAM ERROR */
#define LINE_CANNOT_EXECUTE "supervisor: cannot execute %s"
/*
 * ERROR
 * The reload has failed; after the first two all stays as it was.
 */
#define LINE_CANNOT_TAKE_OVER \
	"supervisor: cannot use the socket that was handed over"

/*
 * PATH ERROR
 * ERROR may be that of the system: its folder is missing or not writable, its
 * group cannot be given; or "another process has it", which is a second
 * instance that runs, or "there is a file that is no socket", which is not
 * removed.
 */
#define LINE_CANNOT_LISTEN "sock: cannot listen on %s: %s"

/*
 * PATH PATH
 * A reload keeps the socket; the configuration names another place by now.
 */
#define LINE_STILL_LISTENS \
	"sock: still listens on %s; %s is used after a restart"

/* The service manager gave more than one. */
#define LINE_ONE_SOCKET "sock: expected exactly one socket in LISTEN_FDS"

/*
 * ERROR
 * The service manager gave something that is no socket.
 */
#define LINE_CANNOT_USE_SOCKET "sock: cannot use the socket of LISTEN_FDS"

/* ERROR */
#define LINE_CANNOT_READ_LIMIT "sock: cannot read the limit of descriptors"
/*
 * ERROR
 * A sandbox refuses prlimit(2); in the second case it goes on with the soft
 * limit.
 */
#define LINE_CANNOT_RAISE_LIMIT "sock: cannot raise the limit of descriptors"

/*
 * SENTENCE
 * Something in tidings.conf(5); the sentence names file and line.
 */
#define LINE_CONFIG "config: %s"

/* BYTES */
#define LINE_NO_MEMORY "memory: cannot allocate %zu bytes"
/* BYTES */
#define LINE_NO_MORE_MEMORY   "memory: cannot allocate %zu more bytes"
#define LINE_NO_MEMORY_DIGEST "memory: cannot allocate a digest's state"
#define LINE_NO_MEMORY_JSON   "memory: cannot allocate a JSON value"
#define LINE_NO_MEMORY_MEMBER "memory: cannot allocate a member of an object"
#define LINE_NO_MEMORY_ITEM   "memory: cannot allocate an item of a list"
/*
 * The machine, or a limit of the process, has no more memory. The worker ends,
 * and is started again.
 */
#define LINE_NO_MEMORY_READ "memory: cannot read JSON"

/* ERROR */
#define LINE_CANNOT_CREATE_TIMER "loop: cannot create a timer"
/* No descriptors or no memory are left at the start. */
#define LINE_CANNOT_LOOP "loop: libev cannot start"

#endif
