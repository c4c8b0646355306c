/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_ATTENDEES_H
#define TIDINGS_FCGI_PRESENCE_ATTENDEES_H
/*
 * attendees - which of our streams are there, as the hub is told
 *
 *   UNSAID   in the list of what is to be said: JOINED or, once it has been
 *            said, LEFT
 *   SAID     the hub knows
 *
 * A hub that comes back is told all again; whoever left meanwhile is not, and
 * so has left.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/list.h"

struct subscription;

struct attendee {
	struct node node;   /* among all, from when it is there */
	struct node unsaid; /* what is to be said of it is not */
	bool said;	    /* JOINED was */
	bool left;
	struct buf body; /* of JOINED, which begins with the subscriber */
};

struct attendees {
	struct node all, unsaid;
};

void attendees_open(struct attendees *attendees);
/* All go, and nothing is said any more. */
void attendees_close(struct attendees *attendees);

/* A new subscriber, under a number of its own: who he is, and what he listens
 * to. */
struct attendee *attendee_new(const struct subscription *subscription);
/* It is there from now on. */
void attendees_add(struct attendees *attendees, struct attendee *attendee);
/* It ends, whether it has been there or not. */
void attendees_remove(struct attendees *attendees, struct attendee *attendee);

/* Appends the next frame that the hub is to be told; false if there is none. */
bool attendees_put(struct attendees *attendees, struct buf *frame);
/* The hub that was there knows nothing any more. */
void attendees_hub_left(struct attendees *attendees);

#endif
