/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_WATCH_H
#define TIDINGS_CLIENT_VERB_WATCH_H
/*
 * watch - the view as a screen: figures, how they went, the busiest channels
 */
#include <stdint.h>

#include "client/exit_status.h"
#include "client/show/view.h"

/* Until q, a signal, an answer that cannot be read, or the terminal's end; asks
 * each `interval` (ms).  EXIT_OK, or the sentence was said. */
enum exit_status watch_run(struct view *view, uint64_t interval);

#endif
