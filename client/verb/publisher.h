/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_PUBLISHER_H
#define TIDINGS_CLIENT_VERB_PUBLISHER_H
/*
 * publisher - requests of `pub`, each sent until it has its answer
 *
 * With an idempotency key a request whose answer was lost is not published
 * twice, so it can be sent again.
 */
#include <stdint.h>

#include "client/exit_status.h"
#include "client/http/http.h"
#include "lib/buf.h"
#include "lib/span.h"

struct publisher {
	const char *channel; /* borrowed */
	struct http *http;
	struct buf path;  /* of the request at hand */
	struct buf id;	  /* the key, or empty */
	struct buf last;  /* id of the last event stored */
	uint64_t lines;	  /* published so far */
	unsigned batches; /* of lines, published so far */
};

/* Posts `body` to the channel, until it is
 * acknowledged, refused, or (without --retry) failed once.  `lines` is how many
 * lines the body has, each an event; 0 if the body is one event. */
enum exit_status publisher_post(
	struct publisher *publisher, struct span body, uint64_t lines);

#endif
