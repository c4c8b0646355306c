#ifndef TIDINGS_PUBLISH_H
#define TIDINGS_PUBLISH_H
/*
 * publish - a POST becomes events, and its answer says that they are stored
 *
 * Everything that can be wrong is checked here and told with a sentence; then
 * the hub is asked, and only after its COMMIT is there a 2xx.
 */
#include <stddef.h>

#include "fcgi/request.h"

struct access;
struct answers;
struct askers;
struct clock;
struct quota;
struct replies;

/* The verbs' room; plain data, borrows all of it. */
struct publish {
	const struct access *access;
	struct quota *quota;
	struct answers *answers; /* the hub is asked there ... */
	struct askers *askers;	 /* ... while the request waits here */
	struct replies *replies;
	const struct clock *clock;
	size_t max_event; /* bytes of data */
};

verb publish_body;    /* the body, byte for byte; ?event ?id ?lines=1 */
verb publish_object;  /* JSON with message, channel, event, id, ... */
verb publish_message; /* JSON whose message is the data */

#endif
