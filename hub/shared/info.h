/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_INFO_H
#define TIDINGS_HUB_SHARED_INFO_H
/*
 * info - what Redis says of itself, and whether it will do
 *
 * Pure.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* What follows `name` and a colon in a line; empty if there is none. */
struct span info_find(struct span info, const char *name);

/* Whether it may not be used: appends why, as a sentence. */
bool info_is_unfit(struct span info, struct buf *why);
/* It may remove keys of ours that have a time to live; appends how. */
bool info_evicts(struct span info, struct buf *why);
/* What it has said is not on its disk when it dies. */
bool info_lacks_aof(struct span info);

#endif
