#ifndef TIDINGS_RESPONDER_H
#define TIDINGS_RESPONDER_H
/*
 * responder - one worker: the rooms it is made of
 *
 * Made by worker.c in this order and taken down in the reverse one, after
 * stream_drain() has closed every subscriber.  Rooms get it where a request may
 * touch several of them; the inner rooms (channel, record, query, json ...) do
 * not know it.
 */
#include <ev.h>
#include <stdbool.h>

struct config;
struct answers;
struct dialogue;
struct window;
struct audience;
struct fanout;
struct channels;
struct parcels;
struct streams;
struct quota;
struct gate;
struct replies;
struct askers;
struct tasks;
struct meter;

struct responder {
	struct ev_loop *loop;
	const struct config *config;
	struct meter *meter;		 /* what was done, for the hub */
	struct channels *channels;	 /* names, who listens, what is there */
	struct audience *audience;	 /* who listens to what */
	struct window *window;		 /* the newest events */
	struct parcels *parcels;	 /* what they are written from */
	struct fanout *fanout;		 /* when to write to them */
	struct answers *answers;	 /* what is asked of the hub */
	const struct dialogue *dialogue; /* how it stands with the hub */
	struct streams *streams;	 /* the subscribers */
	struct quota *quota;		 /* who may have how much */
	struct tasks *tasks;		 /* the demonstration tasks */
	struct replies *replies;	 /* answers on their way out */
	struct askers *askers;		 /* who waits for the hub's word */
	struct gate *gate;		 /* where requests come in */
	bool lone;     /* serves one request and ends (cgi.h): asks the
			  hub for no older events, and sleeps longer */
	bool draining; /* SIGTERM came: streams get their end */
};

#endif
