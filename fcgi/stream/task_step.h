/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_TASK_STEP_H
#define TIDINGS_FCGI_STREAM_TASK_STEP_H
/*
 * task_step - the timetable of the two demonstration tasks, and their ids
 *
 * An id, `<start>-<interval>-<step>` (ms since 1970, ms, a number), says
 * everything: any responder can go on after it, and the same id is always the
 * same event.  Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	TASK_STEPS = 15,	/* the last one is `close` */
	TASK_INTERVAL_MIN = 50, /* ms */
	TASK_INTERVAL_MAX = 60000,
};

struct task_place {
	uint64_t start;	   /* ms since 1970 */
	uint64_t interval; /* ms */
	uint32_t step;	   /* the last one that was told */
};

/* False if it is no id, or one that cannot be ours: of the future. */
bool task_place_read(struct task_place *place, struct span id, uint64_t now);
/* "0.05" to "60": seconds -> ms; false if it is something else. */
bool task_interval_read(uint64_t *interval, struct span text);

/* When the step is due, ms since 1970. */
uint64_t task_step_due(const struct task_place *place, uint32_t step);
/* Appends the step's event, as text of a stream. */
void task_step_text(
	struct buf *out, const struct task_place *place, uint32_t step);

#endif
