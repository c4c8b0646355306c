/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_TASKS_H
#define TIDINGS_FCGI_STREAM_TASKS_H
/*
 * tasks - two tasks that make progress, to show what progress looks like
 *
 * GET /tasks/stream: a stream of this one connection, which nobody publishes
 * and nothing stores: the timetable (task_step.h) is all there is to it.  After
 * the last event it ends; who asks again with that event's id gets 204, which
 * tells EventSource to stop (HTML standard 9.2.3).
 */
#include <stddef.h>
#include <stdint.h>

#include "fcgi/http/request.h"

struct access;
struct admit;
struct loop;
struct counters;
struct limiter;
struct replies;
struct tasks;

struct tasks_parts {
	struct loop *loop;
	struct access *access;
	struct admit *admit;
	struct limiter *limiter; /* what a stream ends is given back */
	struct replies *replies;
	struct counters *counters;
	uint64_t retry_ms, keepalive_ms;
	uint64_t stream_age_ms; /* 0 = streams have no end of their own */
};

struct tasks *tasks_new(const struct tasks_parts *parts);
/* Nobody may be left: tasks_drain() comes first. */
void tasks_free(struct tasks *tasks);
size_t tasks_count(const struct tasks *tasks);
/* Every one gets its end, and comes back with its id. */
void tasks_drain(struct tasks *tasks);

/* Keys have gone: ends the streams that were opened with what they signed. */
void tasks_keys_gone(struct tasks *tasks);

handler tasks_listen; /* its room: struct tasks;  ?interval=, Last-Event-ID or
		      ?lastEventId= */

#endif
