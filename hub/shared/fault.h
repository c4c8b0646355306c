/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_FAULT_H
#define TIDINGS_HUB_SHARED_FAULT_H
/*
 * fault - what Redis says of what it will not do, in a sentence for people
 *
 * Pure.
 */
#include "lib/buf.h"
#include "lib/span.h"

/* Appends it; `error` is the text of an error reply. */
void fault_of_error(struct buf *out, struct span error);

#endif
