#ifndef TIDINGS_REPORT_H
#define TIDINGS_REPORT_H
/*
 * report - events that are published beside the work, never in its way
 *
 * A thread of its own posts the queued events in order, each until it is
 * acknowledged.  A full queue loses its oldest events of the type progress, and
 * report_end says how many; report_add never waits.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

enum { REPORT_MAX = 2000 }; /* events that may wait */

struct report;

/* `channel` is borrowed.  NULL after a sentence if the URL will not do. */
struct report *report_new(const char *channel);
/* `type` is static; `data` is copied.  An event that `replaces` takes the place
 * of the last one if that did so, too, and has not been sent. */
void report_add(struct report *report, const char *type, struct span data,
	bool replaces);
/* Waits for the queue to empty, at most `wait_ms`, then frees it.  False if an
 * event was not acknowledged. */
bool report_end(struct report *report, uint64_t wait_ms);

#endif
