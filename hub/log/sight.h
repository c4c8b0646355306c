/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_SIGHT_H
#define TIDINGS_HUB_LOG_SIGHT_H
/*
 * sight - what somebody sees of the log
 *
 * Which channels and events are private the hub knows by the same line of
 * tidings.conf as the responders do.  A private channel is seen whole or not at
 * all: not even that there is one.  Of one that is public everybody sees what
 * is public of it (shown.h); the rest, which may be on channels of others, only
 * who may read this one as well.
 */
#include <stdbool.h>

#include "hub/log/gone.h"
#include "lib/config/config.h"
#include "lib/event/privacy.h"
#include "lib/event/scope.h"

struct channel;

enum {
	SIGHTS_KEPT = 64, /* grants, those that came last: who asks for a list
			     asks again and again */
};

struct sights {
	struct scopes *scopes;
	struct scope *hidden; /* of the privacy */
	struct privacy privacy;
	struct scope *kept[SIGHTS_KEPT]; /* held */
	unsigned next;			 /* to be replaced */
};

void sights_open(struct sights *sights, const struct config *config);
/* No scope may be held any more. */
void sights_close(struct sights *sights);
/* Reads a grant (wire.h); held for the caller, who looks at wire_done() then.
 */
struct scope *sights_read(struct sights *sights, struct wire_in *in);
/* Is an event with these traits private, were its row's channel not?  One that
 * nobody is given is, too. */
bool sights_hide(const struct sights *sights, struct span traits);

/* Who looks. */
struct sight {
	bool all;	     /* sees everything: what is read for many */
	struct scope *scope; /* of what is private, this; NULL = nothing */
};

enum seen {
	SEEN_NOTHING,
	SEEN_PUBLIC, /* what is public of it, and perhaps some of the rest */
	SEEN_WHOLE,
};

enum seen sight_of(const struct sight *sight, const struct channel *channel);
/* Does who looks see the event, of that channel? */
bool sight_has(const struct sights *sights, const struct sight *sight,
	const struct channel *channel, struct span traits);
/* Up to where the channel was pruned, for who looks.  Of what was private of a
 * public one nobody remembers whose it was: whoever may read anything that is
 * private is told of it, rather than miss it without a word. */
struct mark sight_mark(
	const struct sight *sight, const struct channel *channel);

#endif
