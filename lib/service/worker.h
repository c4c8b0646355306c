/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_WORKER_H
#define TIDINGS_LIB_SERVICE_WORKER_H
/*
 * worker - what a child of the supervisor is, from the fork to its end
 */
#include <sys/types.h>

#include "lib/service/slot.h"
#include "lib/service/supervisor.h"

/* In the child: does the job's work, and ends with its status.  `slots` are all
 * of the job's workers; of those only that of `index` is its own. */
_Noreturn void worker_be(const struct supervisor_job *job, pid_t supervisor,
	struct slot *slots, int index);

#endif
