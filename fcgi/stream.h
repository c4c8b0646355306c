#ifndef TIDINGS_STREAM_H
#define TIDINGS_STREAM_H
/*
 * stream - a GET becomes a subscriber
 *
 * Whoever has read the request (its channels, its cursor) states a wish here;
 * from then on the descriptor belongs to the streams.  The wish is checked
 * already: this room knows cursors, not HTTP.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"
#include "lib/wire.h"

struct paged;
struct responder;
struct subscriber;
struct visitor;

enum {
	CHANNELS_MAX = 1000, /* channels of one stream; more is a 400 */
};

struct wish {
	int fd;			     /* taken */
	uint16_t request;	     /* FastCGI request id */
	const struct span *channels; /* checked; sorted bytewise, no repeats */
	uint16_t count;		     /* 1 to CHANNELS_MAX */
	bool fresh;	     /* no cursor given: start at the newest event */
	enum wire_from from; /* otherwise: what `value` is */
	uint64_t value;
	struct span requested; /* the cursor as the browser wrote it */
	bool envelope;
	struct span headers;	 /* further response header lines, each ended by
				    CRLF (CORS), or empty */
	struct visitor *visitor; /* held; quota_leave()d when the stream ends;
				    may be NULL */
};

/* All spans are borrowed for the call. */
void stream_open(struct responder *responder, const struct wish *wish);

/* Appends the response's head and `retry:`; `headers` as in a wish.  This is
 * the moment at which the request counts as answered. */
void stream_head(
	struct buf *out, struct responder *responder, struct span headers);

/* Cannot be served for now: 200, `retry:`, end.  Takes `fd`.  Any other status
 * would stop EventSource for good (HTML standard 9.2.3). */
void stream_later(struct responder *responder, int fd, uint16_t request,
	struct span headers);

/* Streams open or waiting for their first byte. */
size_t stream_count(const struct responder *responder);

/* ---- what the other rooms tell this one */
/* The window has been filled: whoever waited for it can begin. */
void stream_filled(struct responder *responder);
/* The window was thrown away (window_begin): everybody must find his place. */
void stream_voided(struct responder *responder);
/* Before that: remembers the cursor of those who have seen everything. */
void stream_voiding(struct responder *responder);
/* It has waited for the window as long as it may. */
void stream_expire(struct subscriber *sub);
/* The hub's answer to pager_ask(). */
void stream_paged(struct subscriber *sub, struct paged *paged);
/* The subscriber is about to be freed. */
void stream_forget(struct subscriber *sub);
/* SIGTERM: every stream gets its end; browsers come back by themselves. */
void stream_drain(struct responder *responder);

#endif
