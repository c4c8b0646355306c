#ifndef TIDINGS_STREAM_H
#define TIDINGS_STREAM_H
/*
 * stream - a wish becomes a subscriber
 *
 * Whoever has read the request (its channels, its cursor) states a wish here;
 * from then on the descriptor belongs to the streams.  The wish is checked
 * already: this room knows cursors, not HTTP.  It owns the subscribers, those
 * who wait for their first byte (opening.h) and the pages they ask for
 * (pager.h).
 */
#include <stdint.h>

struct audience;
struct dialogue;
struct fanout;
struct loop;
struct meter;
struct parcels;
struct quota;
struct streams;
struct window;
struct wish;

struct streams_parts {
	struct loop *loop;
	const struct window *window;
	struct parcels *parcels;
	struct audience *audience;	 /* every subscriber is in it */
	struct fanout *fanout;		 /* writes to them */
	const struct dialogue *dialogue; /* the hub's: is the window filled? */
	struct quota *quota;		 /* what a stream ends is given back */
	struct meter *meter;
	uint64_t retry_ms;
};

struct streams *streams_new(const struct streams_parts *parts);
/* Nobody may be left: stream_drain() comes first. */
void streams_free(struct streams *streams);

/* All spans of the wish are borrowed for the call. */
void stream_open(struct streams *streams, const struct wish *wish);

/* The window has been filled: whoever waited for it can begin. */
void stream_filled(struct streams *streams);
/* The window was thrown away (window_begin): everybody must find his place. */
void stream_voided(struct streams *streams);
/* Before that: remembers the cursor of those who have seen everything. */
void stream_voiding(struct streams *streams);
/* Every stream gets its end; browsers come back by themselves. */
void stream_drain(struct streams *streams);

#endif
