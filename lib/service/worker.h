/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_WORKER_H
#define TIDINGS_LIB_SERVICE_WORKER_H
/*
 * worker - what a child of the supervisor is, from the fork to its end
 */
struct workers;

/* In the child: does the job's work, and ends with its status.  Of all workers
 * it is that of `index`. */
_Noreturn void worker_be(struct workers *workers, int index);

#endif
