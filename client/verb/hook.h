/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_HOOK_H
#define TIDINGS_CLIENT_VERB_HOOK_H
/*
 * hook - a command for each event
 *
 * Run by sh -c, one after the other; the data is its standard input, and
 * TIDINGS_ID, TIDINGS_EVENT and TIDINGS_CHANNEL are in its environment.
 */
#include "client/exit_status.h"
#include "client/http/follow.h"

/* Waits for its end.  EXIT_FAILED after a sentence unless it ended with 0. */
enum exit_status hook_run(
	const char *command, const struct follow_event *event);

#endif
