#ifndef TIDINGS_HOOK_H
#define TIDINGS_HOOK_H
/*
 * hook - a command for each event
 *
 * Run by sh -c, one after the other; the data is its standard input, and
 * TIDINGS_ID, TIDINGS_EVENT and TIDINGS_CHANNEL are in its environment.
 */
#include "client/follow.h"
#include "client/outcome.h"

/* Waits for its end.  OUT_FAILED after a sentence unless it ended with 0. */
enum outcome hook_run(const char *command, const struct follow_event *event);

#endif
