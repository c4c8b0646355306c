/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_POST_H
#define TIDINGS_FCGI_POST_POST_H
/*
 * post - a POST becomes events, and its answer says that they are stored
 *
 * Everything that can be wrong is checked here and told with a sentence; then
 * the hub is asked, and only after its COMMIT is there a 2xx.
 */
#include <stddef.h>

#include "fcgi/http/request.h"

struct access;
struct deferrals;
struct clock;
struct limiter;
struct publishes;
struct replies;
struct unheard;

/* The handlers' room; plain data, borrows all of it. */
struct post {
	struct access *access;
	struct limiter *limiter;
	struct publishes *publishes; /* the hub is asked there ... */
	struct deferrals *deferrals; /* ... while the request waits here */
	struct replies *replies;
	struct unheard *unheard;
	const struct clock *clock;
	size_t max_event; /* bytes of an event as it is sent */
};

handler post_body;    /* the body, byte for byte; ?event ?id ?lines=1 */
handler post_object;  /* JSON with message, channel, event, id, ... */
handler post_message; /* JSON whose message is the data */

#endif
