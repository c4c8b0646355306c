/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_RANDOM_H
#define TIDINGS_HUB_SHARED_RANDOM_H
/*
 * random - how far ids jump at a hole, so that no two jumps end at one place
 */
#include <stdint.h>

#define RANDOM_JUMP 100000000000ull

/* From 0 to `most` - 1; ends the process if the system gives none. */
uint64_t random_below(uint64_t most);

#endif
