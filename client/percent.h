#ifndef TIDINGS_PERCENT_H
#define TIDINGS_PERCENT_H
/*
 * percent - how far a line of output says that its program is
 *
 * "45%", "12.5 %", "[3/10]" at its begin.  Pure.
 */
#include "lib/buf.h"
#include "lib/span.h"

/* 0 to 100, or -1 if the line does not say. */
double percent_in(struct span line);
/* Appends the line without what only moves a cursor or sets a colour. */
void percent_strip(struct buf *out, struct span line);

#endif
