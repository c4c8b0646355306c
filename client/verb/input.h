/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_INPUT_H
#define TIDINGS_CLIENT_VERB_INPUT_H
/*
 * input - standard input, read as it comes
 */
#include <stdbool.h>

#include "client/exit_status.h"
#include "lib/buf.h"

/* Waits for more bytes and appends them.  False at the end of the input, after
 * a signal, and after an error, which then is in *exit_status. */
bool input_read(struct buf *input, enum exit_status *exit_status);
/* Are there bytes that can be read at once?  So is the end of the input. */
bool input_is_ready(void);

#endif
