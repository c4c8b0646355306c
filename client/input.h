#ifndef TIDINGS_INPUT_H
#define TIDINGS_INPUT_H
/*
 * input - standard input, read as it comes
 */
#include <stdbool.h>

#include "client/outcome.h"
#include "lib/buf.h"

/* Waits for more bytes and appends them.  False at the end of the input, after
 * a signal, and after an error, which then is in *outcome. */
bool input_read(struct buf *input, enum outcome *outcome);
/* Are there bytes that can be read at once?  So is the end of the input. */
bool input_is_ready(void);

#endif
