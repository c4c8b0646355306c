/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_ROUTE_H
#define TIDINGS_FCGI_ROUTE_H
/*
 * route - which handler a request wants
 *
 * One table of paths, all below one prefix, the base, and that of Mercure also
 * where the protocol has it, at the root.  What every answer has in
 * common is settled here: the CORS lines, but of what no other page may have,
 * 404, 405, 421, OPTIONS, HEAD.
 */
#include <stdbool.h>

struct access;
struct description;
struct history;
struct kill_switch;
struct subscribe;
struct metrics;
struct pass;
struct post;
struct replies;
struct request;
struct router;
struct status;
struct tasks;
struct who;

/* The handlers' rooms, and what is needed to refuse; all borrowed. */
struct route_rooms {
	const char *base; /* "" or as "/tidings" */
	const struct access *access;
	struct replies *replies;
	struct subscribe *subscribe;
	struct post *post;
	struct pass *pass;
	struct who *who;
	struct history *history;
	struct description *description;
	struct status *status;
	struct metrics *metrics;
	struct kill_switch *kill_switch;
	struct tasks *tasks;
	bool mercure; /* is there /.well-known/mercure? */
};

struct router *router_new(const struct route_rooms *rooms);
void router_free(struct router *router);

/* Takes the request; it is answered sooner or later. */
void route_request(const struct router *router, struct request *request);

#endif
