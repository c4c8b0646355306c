/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_SIZE_H
#define TIDINGS_LIB_EVENT_SIZE_H
/*
 * event_size - how long an event is as it is sent to a browser
 *
 * That is what max_event limits: the line `id:` at its longest, `event:`, a
 * `data: ` and a line end for each line of the data, and the blank line.
 * Clients read an event into a buffer of a certain size (Go's bufio.Scanner:
 * 65,536 bytes) and are stopped for good by one that is longer.  An envelope
 * is not counted: only who asks for one gets it.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

enum { EVENT_SIZE_SENTENCE = 160 };

size_t event_size(struct span type, struct span data);
/* The most bytes of data that fit whatever they are, line ends or not; 0 if
 * there are none that do. */
size_t event_surely(struct span type, size_t limit);
/* Faster than event_size() where it is clear. */
bool event_fits(struct span type, struct span data, size_t limit);

/* NULL if it fits, otherwise `sentence`, which names both sizes. */
const char *event_size_fault(char sentence[EVENT_SIZE_SENTENCE],
	struct span type, struct span data, size_t limit);

#endif
