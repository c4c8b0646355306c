/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_SUBSCRIBER_H
#define TIDINGS_FCGI_STREAM_SUBSCRIBER_H
/*
 * subscriber - one browser, listening: a cursor, its channels, and at most one
 * half-sent batch
 *
 *   OPENING   `opens`: nothing has been written; waits for the window
 *             to fill or for the hub to judge its cursor (opening.h)
 *   LIVE      in the window; the fan-out calls subscriber_pump when there is
 *             something new on its channels
 *   BLOCKED   half != NULL and the socket is full: pumps itself once it is
 *             writable, until it has reached the window's end
 *   BEHIND    straggler != NULL: below the window; is given older events
 *             (replay.c)
 *
 *   LIVE -> BLOCKED -> LIVE     the socket is full, is writable again
 *   LIVE -> BEHIND -> LIVE      the window has overtaken it, it has caught up
 *   any -> gone                 browser left, write failed, or draining
 *
 * There is no queue: live delivery, resume and a slow reader that catches up
 * are the same loop.  Owns its descriptor, holds one batch.  A subscriber
 * that is gone is freed at once: after GONE nobody touches it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/stream/topic.h"
#include "lib/list.h"
#include "lib/loop.h"
#include "lib/span.h"

struct counters;
struct grant;
struct gzip;
struct opening;
struct presence;
struct batch;
struct composer;
struct expiry_lease;
struct straggler;
struct subscriber;
struct client;
struct told;
struct unread;
struct window;

/* Whose it is, and what he is told. */
struct subscriber_owner {
	/* subscriber_pump() has said BELOW, and nobody else will ask for
	 * older events. */
	void (*below)(struct subscriber *sub);
	/* With gzip: it was blocked, and is to go on with the next fan-out. */
	void (*late)(struct subscriber *sub);
	/* It is about to be freed: out of whatever it is in. */
	void (*gone)(struct subscriber *sub);
};

/* What all subscribers have in common; borrowed. */
struct subscriber_home {
	struct loop *loop;
	const struct window *window;
	struct composer *composer;
	struct counters *counters;
	struct unread *unread;	   /* long texts that wait */
	struct presence *presence; /* NULL = nobody says that he is there */
	struct gzip *gzip;	   /* NULL = nobody has it */
	uint64_t retry_ms;	   /* after which they come back */
	struct subscriber_owner owner;
};

/* Being on one channel. */
struct membership {
	struct node node; /* in topic->memberships */
	struct topic *topic;
	struct subscriber *sub;
};

struct subscriber {
	struct subscriber_home *home;
	struct loop_io watch; /* LOOP_READ always, LOOP_WRITE while BLOCKED */
	uint64_t pos;	      /* window position looked through */
	uint64_t id;	      /* cursor: every event up to it was given */
	struct told *told;    /* owned: what its last verdict said of that */
	union {
		struct opening *opening; /* owned; until its first byte */
		struct batch *half;	 /* then: the batch being sent */
	};
	uint32_t done;	  /* bytes of `half` already sent */
	uint16_t request; /* FastCGI request id */
	uint16_t count;	  /* memberships, sorted by channel name ... */
	struct straggler *straggler; /* the replay's, while it is behind */
	struct node due;	     /* the fan-out's list */
	struct node beat;	     /* the audience's list for its second */
	struct client *client;
	struct grant *grant; /* held: which private events it is given; NULL =
				none */
	uint16_t patterns;   /* ... and behind them patterns, of which it has so
				many */
	uint16_t keepalive;  /* seconds between two comments */
	uint8_t dress;	     /* enum event_dress */
	bool opens : 1;	     /* it is `opening` that is there, not `half` */
	bool browser : 1;    /* as in its subscription, and ... */
	bool gaps : 1;	     /* ... likewise */
	bool behind : 1;     /* began behind: owed an event `live` */
	bool below : 1;	     /* `pos` means nothing, only `id` counts */
	bool seen : 1;	     /* presence.h knows it */
	bool gzip : 1;	     /* what it is given is gzip */
	bool leased : 1; /* it has an end: a lease is behind its memberships */
	struct membership memberships[];
};

enum pump_result {
	CAUGHT_UP, /* has everything up to the horizon */
	MORE,	   /* had its share of this turn; will go on by itself */
	BLOCKED,   /* half-sent; will go on by itself */
	BELOW,	   /* has to be given older events */
	GONE,	   /* freed */
};

struct subscription;

/* Takes the subscription's descriptor and grant; OPENING.  Its memberships are
 * empty. */
struct subscriber *subscriber_new(
	struct subscriber_home *home, const struct subscription *subscription);
/* NULL once its first byte is written. */
static inline struct opening *subscriber_opening(const struct subscriber *sub)
{
	return sub->opens ? sub->opening : NULL;
}

/* What is being sent, or NULL. */
static inline struct batch *subscriber_half(const struct subscriber *sub)
{
	return sub->opens ? NULL : sub->half;
}

/* NULL if it has no end. */
struct expiry_lease *subscriber_lease(struct subscriber *sub);

/* Tells its owner, frees it.  The web server is told properly if it can be: the
 * request's end is sent unless a batch is half-sent. */
void subscriber_close(struct subscriber *sub);

/* Writes what comes after its cursor, up to the window position `horizon`,
 * at most a few batches.  BELOW: the caller asks for older events, or tells
 * the owner. */
enum pump_result subscriber_pump(struct subscriber *sub, uint64_t horizon);
/* Sends `batch` (takes the caller's reference) and nothing else: CAUGHT_UP,
 * BLOCKED or GONE.  Nothing may be half-sent. */
enum pump_result subscriber_give(struct subscriber *sub, struct batch *batch);
/* A comment, if nothing is half-sent. */
void subscriber_beat(struct subscriber *sub);

/* Looks for its cursor in the window, or finds that it is below it. */
void subscriber_find_place(struct subscriber *sub);
/* True if the window no longer holds all that this subscriber lacks. */
bool subscriber_is_below(const struct subscriber *sub);
/* Neither opening, nor behind, nor blocked: the fan-out may write to it. */
bool subscriber_is_ready(const struct subscriber *sub);

#endif
