/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_ROOMS_H
#define TIDINGS_FCGI_ROOMS_H
/*
 * rooms - what a responder is made of
 *
 * Made each after those that it needs, handed what it needs, and taken down
 * before them.  Only the worker sees all of them; no room knows this one.
 */
#include <stdbool.h>

#include "fcgi/description.h"
#include "fcgi/feed.h"
#include "fcgi/kill.h"
#include "fcgi/metrics.h"
#include "fcgi/pass.h"
#include "fcgi/post/post.h"
#include "fcgi/presence/who.h"
#include "fcgi/status.h"
#include "fcgi/stream/admit.h"
#include "fcgi/stream/subscribe.h"

struct clock;
struct config;
struct acceptor;
struct gzip;
struct history;
struct kept;
struct router;
struct uplink;
struct presence;

struct rooms {
	const struct config *config;
	bool lone; /* serves one request and ends (cgi.h): asks the hub for no
		      older events, and sleeps longer */
	struct loop *loop;
	struct counters *counters; /* what was done, for the hub */
	/* the newest events, and who is to have them */
	struct topics *topics;
	struct audience *audience;
	struct window *window;
	struct composer *composer;
	struct fanout *fanout;
	struct uplink *uplink;
	const struct session *session;
	struct presence *presence; /* NULL = nobody says that he is there */
	struct gzip *gzip;	   /* NULL = nothing is compressed */
	struct streams *streams;
	struct history *history;
	struct feed feed; /* what the hub says goes there */
	/* who may */
	struct access *access;
	struct keyring *keyring;
	struct tickets *tickets;
	struct limiter *limiter;
	struct admit admit;
	/* requests, in and out */
	struct unread *unread;
	struct kept *kept;
	struct replies *replies;
	struct deferrals *deferrals;
	struct tasks *tasks;
	struct subscribe subscribe;
	struct unheard *unheard;
	struct post post;
	struct pass pass;
	struct who who;
	struct description description;
	struct status status;
	struct metrics metrics;
	struct kill_switch kill_switch;
	struct router *router;
	struct acceptor *acceptor;
};

/* Opens all of them; borrows `config` and `clock`.  `listener` (borrowed,
 * non-blocking) is where requests come from; -1: there will be one, given to
 * the acceptor. */
void rooms_open(struct rooms *rooms, const struct config *config,
	const struct clock *clock, int listener);
/* Every stream gets its end. */
void rooms_drain(struct rooms *rooms);
/* Is nobody left? */
bool rooms_are_empty(const struct rooms *rooms);
void rooms_close(struct rooms *rooms);

#endif
