/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_WORKERS_H
#define TIDINGS_LIB_SERVICE_WORKERS_H
/*
 * workers - those of a supervisor's job, each in a slot of its own (slot.h)
 *
 * They are started when they are due, and known to be dead when somebody says
 * so.  Times are monotonic us; when to look again may be UINT64_MAX, never.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/service/slot.h"
#include "lib/service/supervisor.h"

struct old_workers;

struct workers {
	const struct supervisor_job *job;
	pid_t supervisor;
	struct slot slots[SUPERVISOR_WORKERS_MAX];
};

/* Starts those that are due; when to look again. */
uint64_t workers_start(struct workers *workers, uint64_t now);
/* Kills who has said nothing for too long; when to look again. */
uint64_t workers_end_silent(struct workers *workers, uint64_t now);

/* A child is ready, or dead: harmless if it is none of them.  Its death is
 * logged, unless it was `expected` and a clean one. */
void workers_note_ready(struct workers *workers, pid_t pid);
void workers_note_end(
	struct workers *workers, pid_t pid, int status, bool expected);

bool workers_are_ready(const struct workers *workers, uint64_t now);
int workers_living(const struct workers *workers);
void workers_signal(const struct workers *workers, int number);
/* Adds those that live to the old ones. */
void workers_age(const struct workers *workers, struct old_workers *old);

#endif
