/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_LISTENER_H
#define TIDINGS_CLIENT_HTTP_LISTENER_H
/*
 * listener - a stream that is listened to while other things are done
 *
 * For trying out: it does not come back when it ends.  Call http_turn() to let
 * it hear.  Must stay where it is while it is open.
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/http/http.h"
#include "client/http/sse.h"
#include "lib/buf.h"

struct listener {
	struct http *http;
	struct transfer *transfer;
	struct http_request request;
	struct http_answer answer;
	struct sse sse;
	struct buf path, last; /* last: id */
	bool connected;	       /* the event of that name has come */
	uint64_t bytes;	       /* came, in all */
	uint64_t events;       /* but for the server's own */
	/* Told of each of them; may be NULL. */
	void (*event)(void *arg, const struct sse_event *event);
	void *arg;
};

/* `path` is copied; event and arg are set by the caller before. */
void listener_open(
	struct listener *listener, struct http *http, struct span path);
bool listener_has_ended(const struct listener *listener);
void listener_close(struct listener *listener);

#endif
