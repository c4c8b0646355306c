/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_AUDIENCE_H
#define TIDINGS_FCGI_STREAM_AUDIENCE_H
/*
 * audience - everybody who listens, and to what
 *
 * The index from channels to subscribers, and the clock that sends each of
 * them a comment once in its keep-alive interval, whatever else it is sent.  It
 * ticks once a second, whatever intervals there are: a wheel with a list of
 * subscribers for each second of the longest.  The beats are spread over the
 * seconds, so that 8,500 streams are not written at once.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/timer.h"

struct audience;
struct topics;
struct report;
struct subscriber;

/* Borrows the table.  `interval`: the most seconds between two comments. */
struct audience *audience_new(
	struct timers *timers, struct topics *topics, uint32_t interval);
/* Nobody may be left in it. */
void audience_free(struct audience *audience);

/* `names`: sub->count of them, the last sub->patterns are patterns; `types`:
 * what is wanted of all (types.h).  Fills in sub->memberships.  sub->keepalive
 * becomes the interval here, if it is 0 or longer. */
void audience_join(struct audience *audience, struct subscriber *sub,
	const struct span *names, struct span types);
void audience_leave(struct audience *audience, struct subscriber *sub);

/* What the hub is told of it. */
struct report *audience_report(struct audience *audience);
size_t audience_count(const struct audience *audience);
/* `visit` may close the subscriber it is given, no other. */
void audience_each(struct audience *audience,
	void (*visit)(void *arg, struct subscriber *sub), void *arg);

#endif
