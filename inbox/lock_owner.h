/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_LOCK_OWNER_H
#define TIDINGS_INBOX_LOCK_OWNER_H
/*
 * lock_owner - the other process that keeps everybody from writing an inbox
 *
 *   FREE   nobody holds its lock, or not for long
 *   HELD   one process holds it, since `since`, and commits nothing
 *   NAMED  it did so for LOCK_OWNER_PATIENCE_US; a log line has named it
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "inbox/locks.h"
#include "lib/db/db.h"

enum { LOCK_OWNER_PATIENCE_US = 2000000 };

struct lock_owner {
	enum { FREE, HELD, NAMED } state;
	const struct locks *locks; /* borrowed; NULL = nobody is looked for */
	pid_t pid;		   /* 0 = not to be seen from here */
	uint64_t since;		   /* monotonic us */
	uint64_t version;	   /* changes with each commit of others */
	struct timespec
		written; /* the file, where the version is locked away */
};

void lock_owner_init(struct lock_owner *lock_owner);
void lock_owner_open(struct lock_owner *lock_owner, const struct locks *locks);
void lock_owner_close(struct lock_owner *lock_owner);

/* Looks who holds the lock now; the query `version` answers PRAGMA
 * data_version.  A line when somebody has held it for too long, and when it is
 * free again; the log names it so. */
void lock_owner_look(struct lock_owner *lock_owner, struct query *version,
	const char *inbox);

#endif
