/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_MOMENT_H
#define TIDINGS_CLIENT_SHOW_MOMENT_H
/*
 * moment - when an event was, as far as its data says so
 *
 * An id is no time: ids begin at the clock's microseconds when the hub starts,
 * and then count.  POST /api/broadcast adds `timestamp` to the data, and
 * `tidings run` does; whoever else wants a time told puts one there.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/* False unless the data is a JSON object whose `timestamp` is a date and time
 * of RFC 3339.  Seconds since 1970 UTC. */
bool moment_of(struct span data, int64_t *seconds);
/* Appends the local time, "14:05:09"; with the date before it unless that is
 * the same as of `now`. */
void moment_add(struct buf *out, int64_t seconds, int64_t now);

#endif
