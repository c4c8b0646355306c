/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_WATCH_H
#define TIDINGS_INBOX_WATCH_H
/*
 * watch - when to look whether an inbox has rows
 *
 * inotify tells that something is written near it, but a writer's commit
 * becomes visible only after that, and without another event.  So after one the
 * file is looked at again and again, at first after WATCH_FIRST_US, then more
 * rarely, for WATCH_HOT_US: what took a while to become visible is found late
 * by a part of that.  Whatever inotify misses, the reader's poll finds.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/loop.h"

enum {
	WATCH_FIRST_US = 30,
	WATCH_WARM_US = 120, /* a further event makes it no longer than this */
	WATCH_PART = 4,	     /* of the time since the event: longest pause */
	WATCH_HOT_US = 200000, /* after the last event */
};

struct watch {
	struct loop *loop;
	char *folder;
	const char *base;  /* the file's name; those of its journal begin so */
	int notify, place; /* inotify's descriptor, and the folder in it; -1 */
	struct loop_io notified;
	struct timer again;
	uint64_t pause;	 /* to the next look, us; 0 = nothing is hot */
	uint64_t heated; /* monotonic us; the last event */
	void (*look)(void *arg);
	void *arg;
};

/* Calls `look` whenever there may be something new; `path` is borrowed. */
void watch_open(struct watch *watch, struct loop *loop, const char *path,
	void (*look)(void *arg), void *arg);
void watch_close(struct watch *watch);
/* Now and then: the folder may be there by now, or be another. */
void watch_tend(struct watch *watch);

#endif
