/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_RUN_PROGRESS_H
#define TIDINGS_CLIENT_RUN_PROGRESS_H
/*
 * progress - events that are published beside the work, never in its way
 *
 * A thread of its own posts the queued events in order, each until it is
 * acknowledged.  A full queue loses its oldest events of the type progress, and
 * progress_end says how many; progress_add never waits.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

enum { PROGRESS_MAX = 2000 }; /* events that may wait */

struct progress;

/* `channel` is borrowed.  NULL after a sentence if the URL will not do. */
struct progress *progress_new(const char *channel);
/* `type` is static; `data` is copied.  An event that `replaces` takes the place
 * of the last one if that did so, too, and has not been sent. */
void progress_add(struct progress *progress, const char *type, struct span data,
	bool replaces);
/* Waits for the queue to empty, at most `wait_ms`, then frees it.  False if an
 * event was not acknowledged. */
bool progress_end(struct progress *progress, uint64_t wait_ms);

#endif
