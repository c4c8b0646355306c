/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_TOLD_H
#define TIDINGS_FCGI_STREAM_TOLD_H
/*
 * told - of what a stream knows that it was pruned, above its cursor
 *
 * Marks for each of its channels, as the last verdict said: a gap that was told
 * is not told twice, and none of another channel hides behind it.  What was
 * pruned of which its listener may not know is not told, but known here. Nearly
 * all streams have no such marks, and then it is NULL.
 */
#include <stdint.h>

#include "lib/buf.h"

struct judged;
struct told;

/* What the verdict says; NULL if that is nothing.  Ended by free(). */
struct told *told_new(const struct judged *judged);
/* Up to where events of the channel at `place` are known to be pruned, whoever
 * may read them. */
uint64_t told_through(const struct told *told, uint16_t place);
/* Appends all of it, as JUDGE has it. */
void told_put(const struct told *told, struct buf *out);

#endif
