/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_OPENING_H
#define TIDINGS_FCGI_STREAM_OPENING_H
/*
 * opening - what a stream asked for, until its first byte
 *
 *   FILLING   its patterns are given what the window holds (filling.h)
 *   WAITING   in the list here: the window is being filled, or was never;
 *             for OPENING_PATIENCE_MS at most, then it expires
 *   JUDGED    the replay has asked the hub about the cursor
 *
 * Owns its texts; is owned by its subscriber.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/replay/fair_queue.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/expiry.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/timer.h"
#include "lib/wire.h"

enum {
	OPENING_PATIENCE_MS = 5000, /* as long as an answer of the hub may
				       take */
};

struct subscriber;
struct client;
struct grant;

enum {
	CHANNELS_MAX = 1000, /* channels and patterns of one stream; more is a
				400 */
	PATTERNS_MAX = 100,  /* patterns of one stream; likewise */
};

struct subscription {
	int fd;		  /* taken */
	uint16_t request; /* FastCGI request id */
	/* Checked; sorted bytewise, no repeats, patterns behind channels. */
	const struct span *channels;
	uint16_t count;	     /* 1 to CHANNELS_MAX ... */
	uint16_t patterns;   /* ... of which are patterns; to PATTERNS_MAX */
	struct span types;   /* what is wanted of them (types.h, filter.h) */
	struct span filter;  /* that of `types` as it was asked for, or empty */
	bool fresh;	     /* no cursor given: start at the newest event */
	bool last;	     /* begin with the last value of each channel */
	enum wire_from from; /* otherwise: what `value` is */
	uint64_t value;
	struct span requested; /* the cursor as the browser wrote it */
	uint64_t keepalive_ms; /* asked for; 0 = none was */
	enum event_dress dress;
	bool browser; /* MERCURE: who asks is a browser's EventSource */
	bool gaps;    /* MERCURE: a gap is told, and does not end the stream */
	bool tells;   /* MERCURE: the head says where the stream begins */
	bool gzip;    /* its headers say that it is gzip; no grant then */
	uint8_t presence;	   /* enum presence_wish (presence.h), and
				      whose stream it is then: */
	const char *address;	   /* NULL = not known */
	struct span user, payload; /* empty = nobody said */
	struct span headers;	 /* further response header lines, each ended by
				    CRLF (CORS), or empty */
	struct client *client;	 /* held; limit_leave()d when the stream ends;
				      may be NULL */
	struct grant *grant;	 /* taken; what of private events it is given;
				      NULL = none */
	struct expiry_lease end; /* its second and why; no reason = none */
};

struct opening {
	struct node node;	   /* in openings, while WAITING */
	struct fair_place filling; /* while FILLING */
	struct subscriber *sub;
	uint64_t deadline; /* monotonic us */
	bool fresh, last;
	struct search *search; /* lasts.h's, while it looks for them */
	enum wire_from from;
	uint64_t value;
	bool tells;
	char *requested; /* a label, if it is from one */
	char *headers;
};

/* Copies what it needs of the subscription. */
struct opening *opening_new(
	struct subscriber *sub, const struct subscription *subscription);
/* Frees the subscriber's: its first byte is written, or never will be. Harmless
 * if it has none. */
void opening_leave(struct subscriber *sub);

/* ---- those who wait, oldest first */
struct openings;

/* `expire` is told of those who have waited too long. */
struct openings *openings_new(
	struct timers *timers, void (*expire)(struct subscriber *sub));
/* Nobody may be left. */
void openings_free(struct openings *openings);
void openings_add(struct openings *openings, struct opening *opening);
/* Takes the oldest out; NULL if nobody waits. */
struct opening *openings_take(struct openings *openings);

#endif
