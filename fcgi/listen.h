#ifndef TIDINGS_LISTEN_H
#define TIDINGS_LISTEN_H
/*
 * listen - a GET becomes a wish for a stream
 *
 * Reads channels and cursor out of the URL and the headers.  A cursor that
 * means nothing is no fault: the stream then begins with a `reset`, because
 * any status but 200 stops EventSource for good.
 */
#include "fcgi/request.h"

struct admit;
struct clock;
struct replies;
struct streams;

/* The verbs' room; plain data, borrows all of it. */
struct listen {
	struct admit *admit;
	struct streams *streams;
	struct replies *replies;
	const struct clock *clock;
};

verb listen_channels; /* ?channel= or else the route's own */
verb listen_channel;  /* the path's, and ?channel= more */
verb listen_one;      /* the route's own only */

#endif
