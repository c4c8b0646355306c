/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_PROMPT_H
#define TIDINGS_CLIENT_VERB_PROMPT_H
/*
 * prompt - what a person types at a terminal, a line at a time
 */
#include <stdbool.h>

#include "client/exit_status.h"
#include "lib/buf.h"

/* Is there somebody to ask? */
bool prompt_possible(void);

/* Asks with `label`, on standard error, and waits for a line, which replaces
 * `line` without its end.  `input` keeps what was typed beyond it.  False at
 * the end of the input, after a signal, and after an error, which then is in
 * *exit_status. */
bool prompt_line(const char *label, struct buf *input, struct buf *line,
	enum exit_status *exit_status);

#endif
