/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_ALARM_H
#define TIDINGS_LIB_ALARM_H
/*
 * alarm - a descriptor that becomes readable at a moment
 *
 * One shot, to the microsecond.  It may be watched all the time: one that is
 * not set is never readable, and setting it stays a single system call (up to
 * 16 us on a virtual machine, measured).  Plain data.
 */
#include <stdint.h>

struct alarm {
	int fd;
	uint64_t due; /* monotonic us; UINT64_MAX = not set */
};

/* Ends the process if the system gives none. */
void alarm_open(struct alarm *alarm);
void alarm_close(struct alarm *alarm);
/* `due` is after `now`. */
void alarm_set(struct alarm *alarm, uint64_t due, uint64_t now);
/* It is readable: it rang, unless it has been set anew meanwhile. */
void alarm_take(struct alarm *alarm);

#endif
