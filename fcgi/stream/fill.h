/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_FILL_H
#define TIDINGS_FCGI_STREAM_FILL_H
/*
 * fill - a new pattern is given what the window holds
 *
 * Whoever brings a pattern does not say how many channels it is compared with,
 * nor how long that takes: so it is done in pieces, one place of the window
 * after the other, and the window goes on between them.  Until it is through,
 * the pattern is not told what comes (carry.h).
 */
#include <stdbool.h>

struct topic;
struct window;

/* Is this a pattern that has not got all yet? */
bool fill_is_due(const struct topic *topic);
/* Looks at so many places at most, each compared once; true if it has all.
 * Nothing that others see of the window changes. */
bool fill_some(
	const struct window *window, struct topic *topic, unsigned places);

#endif
