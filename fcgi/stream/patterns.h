/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_PATTERNS_H
#define TIDINGS_FCGI_STREAM_PATTERNS_H
/*
 * patterns - which of the patterns that somebody listens to match a channel
 *
 * They are found by what their text begins with, before the first brace: so a
 * thousand patterns for a thousand users cost a channel one look for each
 * length of such a beginning, and a match for its own.  What was found is kept
 * with the channel, which is compared with no pattern twice.  A channel of
 * which only some types are wanted is one of them (topic.h), and so is that of
 * who comes and goes, with as many templates as are asked of each event there.
 */
#include <stddef.h>
#include <stdint.h>

#include "fcgi/stream/topic.h"
#include "lib/table.h"

struct patterns {
	size_t count;	     /* of all */
	size_t channels;     /* of them, those of one channel by its name */
	size_t templates;    /* in their filters (filter.h) */
	size_t held;	     /* positions in them */
	uint64_t generation; /* another set has another one */
	uint64_t newest;     /* number; the next pattern has the next */
	uint64_t removals;   /* how many have gone */
	struct topic **all;  /* sorted by number */
	struct table prefixes;
	uint16_t *by_len; /* how many prefixes there are of each length */
	struct topic **scratch;
	size_t room;
};

/* Those that match a channel, in no order.  Whatever has gone since is found
 * by its number. */
struct patterns_of {
	uint64_t removals; /* that are known */
	uint32_t count;	   /* at least one */
	struct pattern_of {
		uint64_t number;
		struct topic *topic;
	} of[];
};

void patterns_init(struct patterns *patterns);
void patterns_release(struct patterns *patterns);
void patterns_add(struct patterns *patterns, struct topic *topic);
void patterns_remove(struct patterns *patterns, struct topic *topic);

/* NULL = none do.  Kept with the channel, until patterns_add() or
 * patterns_remove(): then it is compared with those that are new, and with no
 * other. */
const struct patterns_of *patterns_match(
	struct patterns *patterns, struct topic *channel);
/* False if it is known that none do: most channels, most of the time. */
static inline bool patterns_may_match(
	const struct patterns *patterns, const struct topic *channel)
{
	return patterns->count > 0 &&
	       (channel->matched != NULL ||
		       channel->number != patterns->newest);
}

#endif
