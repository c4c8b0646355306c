/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_CARRY_H
#define TIDINGS_FCGI_STREAM_CARRY_H
/*
 * carry - patterns are given the events of the channels that they match
 *
 * Those that they carry (selection.h), at the places that these have in the
 * window.  One that has not got yet what the window holds (fill.h) is given
 * nothing: it comes to that place by itself.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/wire.h"

struct patterns;
struct topic;

/* Has the pattern this event of a channel that it matches? */
bool carries(const struct topic *pattern, const struct wire_event *event);
/* The channel was given the event at that position, or its oldest one, that,
 * leaves the window: so it is with the patterns that have it. */
void carry_push(struct patterns *patterns, struct topic *channel,
	const struct wire_event *event, uint64_t position);
void carry_evict(struct patterns *patterns, struct topic *channel,
	const struct wire_event *event, uint64_t position);

#endif
