/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_PATTERNS_H
#define TIDINGS_FCGI_STREAM_PATTERNS_H
/*
 * patterns - which of the patterns that somebody listens to match a channel
 *
 * They are found by what their text begins with, before the first brace: so a
 * thousand patterns for a thousand users cost a channel one look for each
 * length of such a beginning, and a match for its own.  What was found is kept
 * with the channel until there is another set of patterns.  A channel of which
 * only some types are wanted is one of them (topic.h).
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/table.h"

struct topic;

struct patterns {
	size_t count;	     /* of all */
	size_t channels;     /* of them, those of one channel by its name */
	size_t held;	     /* positions in them */
	uint64_t generation; /* another set has another one */
	struct table prefixes;
	uint16_t *by_len; /* how many prefixes there are of each length */
	struct topic **scratch;
	size_t room;
};

/* Those that match a channel, in no order. */
struct patterns_of {
	uint32_t count; /* at least one */
	struct topic *topics[];
};

void patterns_init(struct patterns *patterns);
void patterns_release(struct patterns *patterns);
void patterns_add(struct patterns *patterns, struct topic *topic);
void patterns_remove(struct patterns *patterns, struct topic *topic);

/* NULL = none do.  Kept with the channel, until patterns_add() or
 * patterns_remove(). */
const struct patterns_of *patterns_match(
	struct patterns *patterns, struct topic *channel);

#endif
