/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_ESCAPE_H
#define TIDINGS_CLIENT_SHOW_ESCAPE_H
/*
 * escape - text that cannot command a terminal
 */
#include "lib/buf.h"
#include "lib/span.h"

/* Appends `text` with control characters shown as \x1b; a tab stays. */
void escape_add(struct buf *out, struct span text);

#endif
