/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_KEEPALIVE_H
#define TIDINGS_FCGI_STREAM_KEEPALIVE_H
/*
 * keepalive - how often a stream asks to be sent a comment: ?keepalive=4s
 *
 * For clients whose read time-out is shorter than the configured interval
 * (httpx: 5 s, OkHttp: 10 s).  It can only become shorter: what is asked for
 * beyond the configured one is taken down to it.  Pure.
 */
#include <stdint.h>

#include "lib/span.h"

enum {
	KEEPALIVE_MIN_MS = 3000,
	KEEPALIVE_MAX_MS = 60000,
};

/* *ms: what the query asks for, 0 if it does not.  NULL, or a sentence if that
 * is no time or out of range. */
const char *keepalive_read(uint64_t *ms, struct span query);

#endif
