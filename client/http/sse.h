/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_SSE_H
#define TIDINGS_CLIENT_HTTP_SSE_H
/*
 * sse - bytes of a stream become events
 *
 * HTML standard, 9.2.6 "Interpreting an event stream", to the letter: BOM, the
 * three line ends, `id` without NUL, `retry` of digits only, an event without
 * data is none, half an event at a cut is dropped.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum { SSE_EVENT_MAX = 64 << 20 }; /* data of one event; more is a fault */

struct sse_event {
	struct span id;	  /* the last one that the stream has said */
	struct span type; /* "message" if none was said */
	struct span data;
	bool has_id; /* this very event said one */
};

/* Its spans are borrowed for the call.  False: no more of this piece. */
typedef bool sse_take(void *arg, const struct sse_event *event);

struct sse {
	sse_take *take;
	void *arg;
	struct buf line, data, type, id;
	uint64_t retry_ms; /* the last one said; 0 = none */
	bool has_id, after_cr, begun;
};

void sse_init(struct sse *sse, sse_take *take, void *arg);
void sse_release(struct sse *sse);
/* A new connection begins: half an event is dropped, with its id; `retry`
 * stays. */
void sse_begin(struct sse *sse);
/* False if `take` said so, or an event is too long. */
bool sse_feed(struct sse *sse, struct span bytes);

#endif
