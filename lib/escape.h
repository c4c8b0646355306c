/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_ESCAPE_H
#define TIDINGS_LIB_ESCAPE_H
/*
 * escape - text that cannot command a terminal
 */
#include "lib/buf.h"
#include "lib/span.h"

/* Appends `text` with what a terminal would obey, or would show the rest in
 * another order for, written out: controls and bytes that are no UTF-8 as \x1b,
 * those above ASCII and the overrides of direction as \u202e.  A tab stays. */
void escape_add(struct buf *out, struct span text);
/* The same, and a newline stays too. */
void escape_add_lines(struct buf *out, struct span text);

#endif
