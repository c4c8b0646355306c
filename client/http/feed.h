/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_FEED_H
#define TIDINGS_CLIENT_HTTP_FEED_H
/*
 * feed - a stream with envelope that is read while other things are done
 *
 * It comes back after a cut, with the last id.  Call http_turn() to let it
 * hear, and feed_turn() now and then.  Must stay where it is while it is open.
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/http/follow.h"
#include "client/http/http.h"
#include "client/http/sse.h"
#include "lib/buf.h"

enum feed_state { FEED_OPENING, FEED_BEHIND, FEED_LIVE, FEED_WAITING };

struct feed {
	struct http *http;
	struct transfer *transfer; /* NULL = none is open */
	struct http_request request;
	struct http_answer answer;
	struct sse sse;
	struct buf query, path, last;
	struct buf trouble; /* why it is waiting, terminated */
	enum feed_state state;
	unsigned tries;
	uint64_t again;	   /* monotonic us: when the next is due */
	bool gap, garbled; /* events are missing; something cannot be read */
	void (*event)(void *arg, const struct follow_event *event);
	void *arg;
};

/* `query` says what is wanted: "channel=a&since=all"; event and arg are set by
 * the caller before. */
void feed_open(struct feed *feed, struct http *http, struct span query);
/* Opens the next stream when it is due; true if the state is another now. */
bool feed_turn(struct feed *feed);
void feed_close(struct feed *feed);

#endif
