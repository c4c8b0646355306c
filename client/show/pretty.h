/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_PRETTY_H
#define TIDINGS_CLIENT_SHOW_PRETTY_H
/*
 * pretty - JSON with a line for each member.  Pure.
 */
#include "lib/buf.h"
#include "lib/span.h"

/* Appends `text`, in lines if it is JSON, else as it is. */
void pretty_add(struct buf *out, struct span text);

#endif
