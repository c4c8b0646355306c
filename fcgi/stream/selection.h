/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_SELECTION_H
#define TIDINGS_FCGI_STREAM_SELECTION_H
/*
 * selection - which rows a pattern has, and which of them a subscriber is given
 *
 * All, but for those of an event on several channels (lib/event/traits.h): of
 * these only the one on the first channel that the subscriber listens to, by
 * its name or by a pattern, so that it is given each event once.  And none that
 * has a trait which we would have to know and do not, or that has expired. What
 * it says depends on nothing but the row and the subscriber's channels: it is
 * the same live, from the log, and after any restart.  What is private is
 * another question: grant_reads().
 */
#include <stdbool.h>

#include "lib/event/selector.h"
#include "lib/span.h"
#include "lib/wire.h"

struct subscriber;

/* Is the event of a channel that it matches one of the pattern's?  Stored, if
 * the channel is not asked for by its name, and of a type that is wanted.  All
 * that patterns are given, live and from the log, comes by here: channels that
 * not everybody may hear are to be left out here, too. */
bool selection_carries(enum selector_kind kind, struct span types,
	const struct wire_event *event);

/* True if no subscriber is refused a row with these traits. */
bool selection_is_open(struct span traits);
bool selection_takes(const struct subscriber *sub, struct span traits);

#endif
