/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_TASK_QUERY_H
#define TIDINGS_FCGI_STREAM_TASK_QUERY_H
/*
 * task_query - what somebody asks of the tasks
 */
#include <stdint.h>

#include "fcgi/stream/task_step.h"
#include "lib/span.h"

struct request;

struct task_query {
	struct task_place place;
	uint32_t next; /* step; TASK_STEPS: it has had them all */
	uint64_t keepalive_ms;
};

/* NULL, or what is wrong, and *code.  Before, the place's start is now, and
 * keepalive_ms what it is at most. */
const char *task_query_read(struct task_query *wanted,
	const struct request *request, struct span query, const char **code);

#endif
