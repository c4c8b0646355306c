/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_CHANNEL_KEY_H
#define TIDINGS_FCGI_HTTP_CHANNEL_KEY_H
/*
 * channel_key - is this key `channel`, or was it meant to be?
 *
 * Misspelt (spelling.h), it would be heard by, or hear, other people than
 * meant.  Pure.
 */
#include <stdbool.h>

#include "fcgi/http/spelling.h"
#include "lib/span.h"

struct pair;

/* Is it `channel`, in a query also `channel[]` or `channel[0]`, as PHP writes a
 * list?  If it is misspelt, false, and the fault says so. */
bool channel_key_in_query(const struct pair *pair, struct misspelt *fault);
/* The same of a member's name, decoded; there it has no brackets. */
bool channel_key_in_object(struct span name, struct misspelt *fault);

#endif
