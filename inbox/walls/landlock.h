/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_WALLS_LANDLOCK_H
#define TIDINGS_INBOX_WALLS_LANDLOCK_H
/*
 * landlock - Landlock's room: of all files only those of one folder
 *
 * Every right that the kernel's version knows, up to the seventh, is taken, and
 * those are given back that SQLite needs there.  What a kernel does not know
 * yet is left out: TRUNCATE before 6.2, sockets of TCP before 6.7, ioctl of
 * devices before 6.10, signals and abstract sockets before 6.12.
 */
#include <stdbool.h>

/* Which version is there; 0 with errno if none. */
int landlock_version(void);
/* From now on, for this process and its children.  `folder` is open;
 * `watched`: they may also read everywhere.  False with errno. */
bool landlock_restrict(int version, int folder, bool watched);

#endif
