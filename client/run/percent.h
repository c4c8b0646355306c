/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_RUN_PERCENT_H
#define TIDINGS_CLIENT_RUN_PERCENT_H
/*
 * percent - the progress that a line of output names
 *
 * "45%", "12.5 %", or "[3/10]" at the line's beginning.  Pure.
 */
#include "lib/buf.h"
#include "lib/span.h"

/* 0 to 100, or -1 if the line does not say. */
double percent_in(struct span line);
/* Appends the line without the sequences that move a cursor or set a colour. */
void percent_strip(struct buf *out, struct span line);

#endif
