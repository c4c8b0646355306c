/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_NOTICE_H
#define TIDINGS_CLIENT_HTTP_NOTICE_H
/*
 * notice - what an event of a stream is: published, or the server's own word
 *
 * Anybody may publish under the types of the server's own events.  On a stream
 * with envelope a published event has an envelope, and the server's own has
 * none.
 */
#include <stdbool.h>

#include "client/http/sse.h"
#include "lib/span.h"

struct json_object;

enum notice {
	NOTICE_UNREADABLE, /* none of these: not from Tidings, or damaged */
	NOTICE_CONNECTED,  /* the stream begins at its id */
	NOTICE_RESET,	   /* not all is held any more; it goes on at its id */
	NOTICE_LIVE,	   /* up to its id everything was given */
	NOTICE_PUBLISHED,
};

/* What is in an envelope. */
struct enveloped {
	struct span channel, data;
	struct span at; /* when it was published; empty = a server of 0.1 */
};

/* Tells what `event` is on a stream with envelope.  `object` is its data, or
 * NULL if that is no JSON; *enveloped of a published event borrows from it. */
enum notice notice_read(const struct sse_event *event,
	struct json_object *object, struct enveloped *enveloped);

/* Is `event` the first of a stream, with or without envelope? */
bool notice_is_head(const struct sse_event *event);

#endif
