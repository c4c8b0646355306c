/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_DISK_LOCK_H
#define TIDINGS_HUB_LOG_DISK_LOCK_H
/*
 * lock - log.db.lock: one hub a log, and what that hub has acknowledged
 *
 * The lock is held until the process ends.  The file's text is the id of the
 * newest event that was committed, in sixteen digits and a newline.  It is
 * written after COMMIT and before anybody is told, and never synced: a process
 * that is killed leaves it as it is, and after a power cut it is older than
 * the log, never newer.  A log that ends below it was emptied, cut short or
 * put back from an older copy.
 *
 * Best effort: a file that cannot be written or does not look so compares with
 * nothing.
 */
#include <stdint.h>

struct lock {
	int fd;
	uint64_t newest; /* as the last one who had it left it; 0 = not known */
};

/* Waits LOCK_WAIT_US for the hub before us; then it is a failed start. */
void lock_take(struct lock *lock, const char *log);
void lock_note(const struct lock *lock, uint64_t newest);

#endif
