/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_EVENT_H
#define TIDINGS_FCGI_STREAM_EVENT_H
/*
 * event - one event as the text of an event stream
 *
 * HTML standard 9.2.5/9.2.6: fields end at LF, CR or CRLF, so each of them in
 * the data starts a new `data:` line and none can ever start a field of the
 * publisher's choice.
 *
 * A blank line is written where an event with data ends and nowhere else: many
 * clients (httpx-sse, r3labs/sse, sseclient, fetch-event-source) hand an empty
 * event to the application at any other.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/wire.h"

/* Without a charset sseclient and requests of Python read Latin-1. */
#define EVENT_STREAM_TYPE "text/event-stream; charset=utf-8"

/* ENVELOPE: the data is one line of JSON that names the channel,
 * `{"channel":"...","data":"..."}`, and in "also" those on which the event was
 * published besides: who shares one stream among several that listen gives it
 * to each of them.  MERCURE: `id:` is the publisher's own or else the cursor
 * behind a `#`, and what the publisher said of `retry:` is there.  Those are
 * what streams have; SEALED is the envelope of a private event, whose other
 * channels are nobody's business but of those who may hear them.  TIMED is
 * added to any but MERCURE: when it was published is in "at" of the envelope,
 * or in a field `at:`, which EventSource passes over. */
enum event_dress {
	EVENT_PLAIN,
	EVENT_ENVELOPE,
	EVENT_MERCURE,
	EVENT_SEALED,
	EVENT_TIMED = 4,
	EVENT_TIMED_ENVELOPE = EVENT_TIMED | EVENT_ENVELOPE,
	EVENT_TIMED_SEALED = EVENT_TIMED | EVENT_SEALED,
};

/* Appends the head of a stream's answer and its `retry:`, at random between
 * `retry_ms` and twice as much, so that those who were cut together do not come
 * back together.  It belongs to the block of the first event, which follows:
 * clients of Rust keep it only from an event that has data.  `headers`: further
 * lines, each ended by CRLF. */
void event_head(struct buf *out, enum event_dress dress, uint64_t retry_ms,
	struct span headers);

/* Of one event of a stream. */
static inline enum event_dress event_dress(
	enum event_dress stream, bool is_private)
{
	if (!is_private || (stream & EVENT_SEALED) != EVENT_ENVELOPE)
		return stream;
	return (enum event_dress)(stream | EVENT_SEALED);
}

/* Appends one event: `id:` unless volatile, `event:` unless "" or "message",
 * `at:` if TIMED without an envelope, the data, a blank line.  None that is
 * volatile is in EVENT_MERCURE. */
void event_text(struct buf *out, const struct wire_event *event,
	enum event_dress dress);
/* Appends a line `id:` for a cursor. */
void event_id(struct buf *out, enum event_dress dress, uint64_t id);

/* What a stream listens to: channels, and behind them patterns; and what it
 * wants of them (types.h). */
struct event_channels {
	const struct span *names;
	size_t channels, patterns;
	struct span types;
};

/* Appends the event `connected`: `id` is the cursor really used, `now` in ms
 * since 1970.  `behind`: it says so, and an event `live` will follow. */
void event_connected(struct buf *out, uint64_t id,
	const struct event_channels *of, bool behind, uint64_t now);

/* A gap; 0 for oldest or newest is none. */
struct event_gap {
	struct span requested;
	uint64_t oldest, newest;
};

/* Appends the event `reset`. */
void event_reset(struct buf *out, enum event_dress dress, uint64_t id,
	const struct event_gap *gap);

/* Appends the event `live`: everything up to `id` was given. */
void event_live(struct buf *out, uint64_t id);
/* The same to one whose stream is ended though others can take it over: come
 * back after `retry_ms`. */
void event_parting(struct buf *out, uint64_t id, uint64_t retry_ms);

/* Appends the event `expired`, after which the stream ends; with an id of 0 it
 * leaves the one that the browser has. */
#define EXPIRED_TOKEN "token" /* what it was opened with is good no more */
#define EXPIRED_AGE   "age"   /* it is as old as streams get */
void event_expired(struct buf *out, uint64_t id, const char *reason);

/* A comment line; static. */
struct span event_comment(void);

#endif
