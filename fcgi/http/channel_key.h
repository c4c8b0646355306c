/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_CHANNEL_KEY_H
#define TIDINGS_FCGI_HTTP_CHANNEL_KEY_H
/*
 * channel_key - is this key `channel`, or was it meant to be?
 *
 * Whoever writes `chanel` would hear, or be heard by, other people than meant,
 * and nothing would say so.  Misspelt is: one letter too many, too few or
 * wrong, two that have changed places, or the wrong ones doubled; whatever the
 * case, and with or without an s at the end.  Every other key is somebody
 * else's. Pure.
 */
#include <stdbool.h>

#include "lib/span.h"

struct pair;

struct channel_key_fault {
	char sentence[200]; /* "" = there is none; all of it can be shown */
};

/* Is it `channel`, in a query also `channel[]` or `channel[0]`, as PHP writes a
 * list?  If it is misspelt, false, and the fault says so. */
bool channel_key_in_query(
	const struct pair *pair, struct channel_key_fault *fault);
/* The same of a member's name, decoded; there it has no brackets. */
bool channel_key_in_object(struct span name, struct channel_key_fault *fault);

#endif
