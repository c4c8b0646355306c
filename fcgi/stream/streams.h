/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_STREAMS_H
#define TIDINGS_FCGI_STREAM_STREAMS_H
/*
 * streams - a subscription becomes a subscriber
 *
 * Whoever has read the request (its channels, its cursor) states a subscription
 * here; from then on the descriptor belongs to the streams.  It is checked
 * already: this room knows cursors, not HTTP.  It owns the subscribers, those
 * who wait for their first byte (opening.h) and the older events they are
 * given (replay.h).
 */
#include <stddef.h>
#include <stdint.h>

struct audience;
struct session;
struct fanout;
struct gzip;
struct loop;
struct counters;
struct composer;
struct erasure;
struct limiter;
struct presence;
struct streams;
struct window;
struct subscription;

struct streams_parts {
	struct loop *loop;
	const struct window *window;
	struct composer *composer;
	struct audience *audience;     /* every subscriber is in it */
	struct fanout *fanout;	       /* writes to them */
	const struct session *session; /* the hub's: is the window filled? */
	struct limiter *limiter;       /* what a stream ends is given back */
	struct counters *counters;
	struct unread *unread;
	struct presence *presence; /* NULL = nobody says that he is there */
	struct gzip *gzip;	   /* NULL = no stream has it */
	uint64_t retry_ms;
	size_t shelf; /* bytes of older events that are kept (shelf.h) */
};

struct streams *streams_new(const struct streams_parts *parts);
/* Nobody may be left: streams_drain() comes first. */
void streams_free(struct streams *streams);

/* All spans of the subscription are borrowed for the call. */
void streams_open(
	struct streams *streams, const struct subscription *subscription);

/* The window has been filled: whoever waited for it can begin. */
void streams_filled(struct streams *streams);
/* The window has begun anew, with another log or elsewhere in it: what was read
 * of older events is void. */
void streams_begin_anew(struct streams *streams);
/* What was deleted is gone from the window: it is to be given to nobody out of
 * anything that is kept. */
void streams_erase(struct streams *streams, const struct erasure *erasure);
/* Keys have gone, and with them the streams that were opened with what they had
 * signed. */
void streams_keys_gone(struct streams *streams);
/* Every stream gets its end; browsers come back by themselves. */
void streams_drain(struct streams *streams);

#endif
