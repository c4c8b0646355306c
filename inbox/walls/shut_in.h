/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_WALLS_SHUT_IN_H
#define TIDINGS_INBOX_WALLS_SHUT_IN_H
/*
 * shut_in - the walls around a process that is to read a stranger's database
 *
 * Whoever writes a database decides what SQLite does with it.  So the process
 * that opens one gives up, for good and before it does so, whatever it does not
 * need for that.  What is left to it:
 *
 *   files     to read, write, make and remove in the folder of the database
 *             and those below, and to read /dev/urandom; nowhere else to open,
 *             make, rename, link or remove anything (Landlock).  What it may
 *             by owner and mode still counts: another name of a file, a hard
 *             link that somebody put into that folder, is a file there
 *   kernel    the calls that lie in filter.c and no others: no socket but those
 *             it has, no process, no signal but to itself (seccomp)
 *   amounts   memory, and how far it makes a file grow: past that a write
 *             fails with EFBIG, and nobody dies
 *
 * A descriptor that is open before is not taken away: to close what is not
 * needed is the caller's.  So is whatever reads files elsewhere, to be done
 * before: configuration, time zone, opening the log's socket.  SQLite has no
 * other place for its temporary files: PRAGMA temp_store = MEMORY.
 *
 * The folder is that of now: where the path leads elsewhere later, by a link or
 * a mount, a new process is needed.  All databases of one folder are within
 * reach of each of its readers, as far as owner and mode allow.
 *
 * A unit of systemd's adds to its @system-service, which in 252 lacks them,
 *
 *   SystemCallFilter=landlock_create_ruleset
 *   SystemCallFilter=landlock_add_rule
 *   SystemCallFilter=landlock_restrict_self
 *   SystemCallFilter=seccomp
 *
 * and prlimit64, where ~@resources takes it away.  Without the first three
 * there is no Landlock; without seccomp(2) libseccomp takes prctl(2).
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct shut_in {
	const char *file;	/* the database; its folder must be there */
	bool own_folder;	/* ours, where others write: no link of theirs
				 * leads out of it */
	uint64_t file_size_max; /* bytes; 0 = no limit */
	uint64_t memory_max;	/* bytes of addresses; 0 = no limit */
};

struct shut_in_report {
	int landlock;	       /* its version in this kernel; 0 = none */
	char folder[PATH_MAX]; /* that is left to it: by its real name */
	char lacks[256];       /* a sentence for the log; "" = nothing lacks */
};

/* NULL, and it is shut in as far as the kernel can: what that is, *report tells
 * in any case.  Else a sentence, borrowed until the next call: the process is
 * neither shut in nor as it was, and is to end. */
const char *shut_in(const struct shut_in *how, struct shut_in_report *report);

/* Whether a sanitizer or valgrind runs along, which need more than we do: there
 * is then no limit of memory, and only what is named as forbidden is. */
bool shut_in_is_watched(void);

#endif
