/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_PRESENCE_H
#define TIDINGS_FCGI_PRESENCE_PRESENCE_H
/*
 * presence - streams that are to be seen, and those that see who is there
 *
 * A stream enters when it is opened, is there from its first byte on, and
 * leaves with its end.  One that wants to know who else is there is a member of
 * a gathering for each of its channels (gathering.h): after its head it is
 * given an event `present` with the list, and `join` and `leave` as it changes.
 * None of these has an id, since none is in the log of its channel.
 *
 * All of this is only where `mercure_subscriptions` is on.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/wire.h"

struct loop;
struct presence;
struct session;
struct subscriber;
struct subscription;

/* What a stream wants of it. */
enum presence_wish {
	PRESENCE_NONE,
	PRESENCE_SEEN, /* to be seen, as Mercure's are: whose it is, by whoever
			  may read that there */
	PRESENCE_SEES, /* to be seen by whoever may listen, and to see */
	PRESENCE_BY_USER, /* likewise, several streams of a user as one */
};

/* A list has `most` entries at most. */
struct presence *presence_new(
	struct loop *loop, const struct session *session, unsigned most);
/* Nobody may be in it. */
void presence_free(struct presence *presence);

/* A stream with a wish, before its first byte and with it; and its end. */
void presence_enter(struct presence *presence, struct subscriber *sub,
	const struct subscription *subscription);
void presence_begin(struct presence *presence, struct subscriber *sub);
void presence_leave(struct presence *presence, struct subscriber *sub);

/* ---- what the hub says, and is told */
void presence_hear(struct presence *presence, const struct wire_event *event);
/* What was heard is void. */
void presence_begin_anew(struct presence *presence);
/* The hub has left, and what it was told with it. */
void presence_hub_left(struct presence *presence);
/* Appends the next frame for it; false if there is none. */
bool presence_put(struct presence *presence, struct buf *frame);

#endif
