/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_FANOUT_H
#define TIDINGS_FCGI_STREAM_FANOUT_H
/*
 * fanout - when to write: the duty rule
 *
 * Nearly all that a delivery costs is one FIONREAD, one read and one writev of
 * the web server per record and stream (measured), so under load the only
 * lever is fewer, larger records; but a lone event must leave at once.
 *
 *   IDLE      nothing due; the next event starts a fan-out in the same turn
 *             of the loop
 *   WRITING   the due subscribers are written, FANOUT_SLICE at a time, up to
 *             the window's end as it was when the fan-out began.  Before a
 *             slice the one before the last must have been read, or 20 ms have
 *             gone by: so the web server's rounds stay short, and a POST in
 *             between is not held up by thousands of streams.
 *   DRAINING  until the web server has read the last slice: half of the last
 *             few sockets written are empty (those who stopped reading must
 *             not hold this clock).  From the first write until now is T.
 *             A fan-out of a few writes is not worth a clock and skips this.
 *   RESTING   if something has come meanwhile: T again, at most
 *             rest_ms; then it goes out, joined.  If nothing has come
 *             there is nothing to join: IDLE at once.
 *
 * So under load fan-out takes no more than half of the machine, publishing
 * stays prompt, and batches grow by themselves.
 */
#include <stdint.h>

enum {
	FANOUT_SLICE = 128, /* writes before the processor is yielded, so that
			       the web server reads buffers that are warm: up to
			       14 % less CPU at 8,500 streams (measured) */
	FANOUT_SAMPLE = 4,  /* sockets asked whether they have been read */
};

enum { FANOUT_ORDER = 1 }; /* in a turn: after the uplink, which is 0 */

struct fanout;
struct topic;
struct topics;
struct loop;
struct counters;
struct composer;
struct subscriber;
struct window;

struct fanout_parts {
	struct loop *loop;
	struct topics *topics;
	const struct window *window;
	struct composer *composer;
	struct counters *counters;
	uint64_t rest_ms;
};

struct fanout *fanout_new(const struct fanout_parts *parts);
void fanout_free(struct fanout *fanout);

/* The window has something new for this channel. */
void fanout_topic(struct fanout *fanout, struct topic *topic);
/* This subscriber has something to do whatever its channels say. */
void fanout_subscriber(struct fanout *fanout, struct subscriber *sub);
/* It is about to be freed. */
void fanout_forget(struct fanout *fanout, struct subscriber *sub);

#endif
