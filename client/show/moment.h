/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_MOMENT_H
#define TIDINGS_CLIENT_SHOW_MOMENT_H
/*
 * moment - when an event was published
 *
 * The server says it (`at`).  One of 0.1 does not, and an id is no time: ids
 * begin at the clock's microseconds when the hub starts, and then count.  There
 * it is what the data says, if it does (`timestamp`, as POST /api/broadcast and
 * `tidings run` add it), else the event's arrival, if it came live.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct follow_event;

/* Seconds since 1970 UTC, `now` being the time of its arrival; false if it is
 * not known. */
bool moment_of(const struct follow_event *event, int64_t now, int64_t *seconds);
/* Appends the local time, "14:05:09"; with the date before it unless that is
 * the same as of `now`. */
void moment_add(struct buf *out, int64_t seconds, int64_t now);
/* The same in at most 8 columns: the time, or else the date, or the year. */
void moment_add_short(struct buf *out, int64_t seconds, int64_t now);

#endif
