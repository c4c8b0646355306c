#ifndef TIDINGS_SAFE_H
#define TIDINGS_SAFE_H
/*
 * safe - text that cannot command a terminal
 */
#include "lib/buf.h"
#include "lib/span.h"

/* Appends `text` with control characters shown as \x1b; a tab stays. */
void safe_add(struct buf *out, struct span text);

#endif
