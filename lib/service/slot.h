/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_SLOT_H
#define TIDINGS_LIB_SERVICE_SLOT_H
/*
 * slot - the place of one worker: it has a child, or a time to start one
 *
 * A child that dies within a second of its start makes the next one wait 50 ms,
 * then twice as long each time, at most 5 s; after a longer life the next one
 * starts at once.  After one that was stuck, which has cost a processor all
 * that time, the next one waits 5 s, then twice as long each time, at most 40
 * s.  Times are monotonic us.  All zero is a slot whose first child is due.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/service/pulse.h"

struct slot {
	pid_t pid;	  /* 0 = no child */
	uint64_t started; /* its last child */
	uint64_t due;	  /* no child: when to start one */
	uint64_t backoff; /* the last one; 0 after a life of a second */
	bool ready;	  /* the child has said so */
	bool stuck;	  /* the child, and is killed for it */
	struct pulse pulse;
};

/* A child has been started. */
void slot_started(struct slot *slot, pid_t pid, uint64_t now);
/* No child could be started: it is tried again. */
void slot_not_started(struct slot *slot, uint64_t now);
/* Its child has died. */
void slot_ended(struct slot *slot, uint64_t now);

/* Its child has said that it is ready, or has lived for `patience` us. */
bool slot_is_ready(const struct slot *slot, uint64_t now, uint64_t patience);

#endif
