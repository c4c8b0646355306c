/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_ADMIT_H
#define TIDINGS_FCGI_STREAM_ADMIT_H
/*
 * admit - may one more stream begin?
 *
 * One that cannot be served for now gets 200, `retry:` and its end, because any
 * other status would stop EventSource for good (HTML standard 9.2.3), and the
 * web server is told to close its connection, as it may have too few; who does
 * not understand a stream gets the status that says why.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/guard/refusal.h"

struct counters;
struct limiter;
struct replies;
struct request;
struct client;
struct subscription;
struct topics;

/* Plain data; borrows all of it. */
struct admit {
	struct limiter *limiter;
	struct replies *replies;
	struct counters *counters;
	uint64_t retry_ms;
	struct topics *topics;
	size_t selectors; /* distinct patterns that all streams may have */
	bool shut;	  /* the responder is being stopped: nobody else */
};

/* NULL: it has been answered (HEAD, too many, being stopped).  Otherwise one
 * more stream, of so many channels and patterns (`count`), is counted until
 * limit_leave(); NULL is a stream of none. */
struct client *admit_enter(struct admit *admit, struct request *request,
	const struct subscription *wanted);

/* The same for what is no stream but counts as one: who is refused gets the
 * status that says why. */
struct client *admit_count(struct admit *admit, struct request *request);

/* Takes the request: it may not, by what it shows.  Where nobody can tell that
 * just now, it comes back. */
void admit_refuse(
	struct admit *admit, struct request *request, enum access_word word);

#endif
