#ifndef TIDINGS_ROUTE_H
#define TIDINGS_ROUTE_H
/*
 * route - which verb a request wants
 *
 * One table of paths.  What every answer has in common is settled here: the
 * CORS lines, 404, 405, 421, OPTIONS, HEAD.
 */
#include "lib/span.h"

struct responder;
struct request;

/* What a verb is told of the URL. */
struct aim {
	struct span channel; /* decoded, from the path; or the route's own */
	struct span query;   /* still encoded */
};

/* Takes the request; answers it sooner or later.  `aim` is borrowed for the
 * call. */
typedef void verb(struct responder *responder, struct request *request,
	const struct aim *aim);

void route_request(struct responder *responder, struct request *request);

#endif
