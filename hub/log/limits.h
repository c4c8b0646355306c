/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_LIMITS_H
#define TIDINGS_HUB_LOG_LIMITS_H
/*
 * limits - which channels are kept by limits of their own, and when each of
 * these is to be looked at
 *
 * A section [channel NAME] is for one channel, [channel PATTERN] for each that
 * the pattern matches: the limits are of every single one.  The channel's own
 * name comes before all patterns, and of these the first that is given.  There
 * may be very many such channels, so that nobody goes through them: they wait
 * by the date when something of them may be due.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/heap.h"
#include "lib/span.h"

struct channel;
struct selector;

struct limits {
	const struct config *config;
	struct selector **selectors; /* of the config's channels; NULL = a name
				      */
	size_t count;
	struct heap dates; /* of channels with limits of their own */
};

void limits_open(struct limits *limits, const struct config *config);
void limits_close(struct limits *limits);

/* NULL: it is in the pool. */
const struct keep *limits_of(const struct limits *limits, struct span name);

/* The channel has limits of its own, and is to be looked at on that date (ms).
 * It is not, until it is asked for again, if that is UINT64_MAX. */
void limits_look(struct limits *limits, struct channel *channel, uint64_t date);
/* It has one event more: is that too many? */
void limits_count(struct limits *limits, struct channel *channel);
void limits_forget(struct limits *limits, struct channel *channel);
/* One whose date has come; NULL if there is none. */
struct channel *limits_due(const struct limits *limits, uint64_t date);

#endif
