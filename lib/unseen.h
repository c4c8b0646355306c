/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_UNSEEN_H
#define TIDINGS_LIB_UNSEEN_H
/*
 * unseen - characters that nobody sees
 *
 * Unicode's category Cf: joiners, marks of direction, tags, the soft hyphen.
 * Two texts that differ in nothing else look the same.  Pure.
 */
#include <stdbool.h>

#include "lib/span.h"

/* Is there one?  `text` is UTF-8. */
bool unseen_in(struct span text);

#endif
