/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_FILTER_H
#define TIDINGS_FCGI_STREAM_FILTER_H
/*
 * filter - of whom, among those who come and go, a stream wants to hear
 *
 * All events of that kind are on one channel (lib/event/active.h); a topic of
 * Mercure's below that channel is a selector on their paths.  What a stream
 * wants of them is one text in the place of types (types.h), from which it
 * differs in its first byte: 0, and then a str16 for each selector, sorted.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	FILTER_MAX = 32 << 10, /* bytes of such a text */
};

struct filter;

/* Is the topic below that channel? */
bool filter_concerns(struct span topic);
/* Sorts the topics, and appends the text. */
void filter_put(struct buf *out, struct span *topics, size_t count);
/* Is that one? */
bool filter_is(struct span types);
/* One that wants nobody. */
struct span filter_of_none(void);
/* How many of its selectors are templates; 0 if it is no such text. */
size_t filter_templates(struct span types);

/* NULL if it is none. */
struct filter *filter_new(struct span types);
void filter_free(struct filter *filter); /* NULL will do */
/* Is the event wanted that has these traits?  NULL wants all. */
bool filter_takes(const struct filter *filter, struct span traits);

#endif
