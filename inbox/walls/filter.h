/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_WALLS_FILTER_H
#define TIDINGS_INBOX_WALLS_FILTER_H
/*
 * filter - libseccomp's room: which calls of the kernel are left
 *
 * A short list is allowed.  What is not on it fails and nobody dies, since a
 * library that is refused mostly has another way: with EPERM where it is named
 * as forbidden, else with ENOSYS, by which glibc knows that it must do without
 * (a newer one tries newer calls first).  Only a call of another architecture
 * than the program's own ends the process (SIGSYS): nothing of ours makes one.
 *
 * `watched`: valgrind or a sanitizer makes calls in the same process.  Then all
 * is allowed but what is forbidden by name, and of that not what they need.
 */
#include <stdbool.h>

/* For good.  True, or false with errno. */
bool filter_load(bool watched);

#endif
