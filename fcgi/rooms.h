#ifndef TIDINGS_ROOMS_H
#define TIDINGS_ROOMS_H
/*
 * rooms - what a responder is made of
 *
 * Made each after those that it needs, handed what it needs, and taken down in
 * the reverse order.  Only the worker sees all of them; no room knows this one.
 */
#include <stdbool.h>

#include "fcgi/admit.h"
#include "fcgi/feed.h"
#include "fcgi/listen.h"
#include "fcgi/metrics.h"
#include "fcgi/publish.h"
#include "fcgi/status.h"

struct clock;
struct config;
struct gate;
struct router;
struct uplink;

struct rooms {
	const struct config *config;
	bool lone; /* serves one request and ends (cgi.h): asks the hub for no
		      older events, and sleeps longer */
	struct loop *loop;
	struct meter *meter; /* what was done, for the hub */
	/* the newest events, and who is to have them */
	struct channels *channels;
	struct audience *audience;
	struct window *window;
	struct parcels *parcels;
	struct fanout *fanout;
	struct uplink *uplink;
	const struct dialogue *dialogue;
	struct streams *streams;
	struct feed feed; /* what the hub says goes there */
	/* who may */
	struct access *access;
	struct quota *quota;
	struct admit admit;
	/* requests, in and out */
	struct replies *replies;
	struct askers *askers;
	struct tasks *tasks;
	struct listen listen;
	struct publish publish;
	struct status status;
	struct metrics metrics;
	struct router *router;
	struct gate *gate;
};

/* Opens all of them; borrows `config` and `clock`.  `listener` (borrowed,
 * non-blocking) is where requests come from; -1: there will be one, given to
 * the gate. */
void rooms_open(struct rooms *rooms, const struct config *config,
	const struct clock *clock, int listener);
/* Every stream gets its end. */
void rooms_drain(struct rooms *rooms);
/* Is nobody left? */
bool rooms_are_empty(const struct rooms *rooms);
void rooms_close(struct rooms *rooms);

#endif
