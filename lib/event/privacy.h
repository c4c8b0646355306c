/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_PRIVACY_H
#define TIDINGS_LIB_EVENT_PRIVACY_H
/*
 * privacy - which channels are private, and which events
 *
 * An event is private as a whole: if it has the trait that says so, or if any
 * of its channels is private, whichever of them a row of it is on.
 */
#include <stdbool.h>

#include "lib/span.h"

struct scope;

/* All zero: no channel is. */
struct privacy {
	const struct scope *channels; /* of `private`; NULL = none */
};

bool privacy_hides_channel(const struct privacy *privacy, struct span channel);
/* Is an event with these traits private, were its row's channel not?  With
 * `privacy` NULL no channel is. */
bool privacy_hides_traits(const struct privacy *privacy, struct span traits);

#endif
