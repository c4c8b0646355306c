/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_SUBSCRIBE_H
#define TIDINGS_FCGI_STREAM_SUBSCRIBE_H
/*
 * subscribe - a GET becomes a subscription for a stream
 *
 * Reads channels and cursor out of the URL and the headers.  A cursor that
 * means nothing is no fault: the stream then begins with a `reset`, because
 * any status but 200 stops EventSource for good.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/http/request.h"

struct access;
struct admit;
struct clock;
struct replies;
struct streams;

/* The handlers' room; plain data, borrows all of it. */
struct subscribe {
	struct access *access;
	struct admit *admit;
	struct streams *streams;
	struct replies *replies;
	const struct clock *clock;
	uint64_t stream_age_ms; /* 0 = streams have no end of their own */
	bool presence;		/* streams may say that they are there */
	bool compress;		/* streams are gzip for who accepts that */
};

handler subscribe_channels; /* ?channel= and ?pattern=, or else the route's own
			     */
handler subscribe_channel;  /* the path's, and what the query adds */
handler subscribe_one;	    /* the route's own only */

#endif
