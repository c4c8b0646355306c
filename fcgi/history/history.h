/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HISTORY_HISTORY_H
#define TIDINGS_FCGI_HISTORY_HISTORY_H
/*
 * history - a channel's events a page at a time, for who wants no stream
 *
 * A page that is full can only change by a DELETE, so it may be kept by whoever
 * is between its reader and us; the last one may not.  A request counts as a
 * stream as long as it is open.  Whose turn it is goes by client, as with
 * streams that catch up: HISTORY_SLICE_US are spent in a turn of the loop, and
 * the hub is asked for what the window does not have (seeker.h).
 *
 * A reader may wait for an event where there is none: that is a stream with
 * room for one page, for places where streams do not get through.
 */
#include "fcgi/http/request.h"

enum {
	HISTORY_SLICE_US = 2000,
	HISTORY_ORDER = 4, /* in a turn: after streams */
};

struct access;
struct admit;
struct deferrals;
struct history;
struct limiter;
struct loop;
struct replies;
struct session;
struct window;
struct wire_event;

/* Borrows all of it. */
struct history_parts {
	struct loop *loop;
	struct access *access;
	const struct window *window;
	const struct session *session;
	struct admit *admit;
	struct limiter *limiter;
	struct deferrals *deferrals;
	struct replies *replies;
};

struct history *history_new(const struct history_parts *parts);
/* No request may be left. */
void history_free(struct history *history);

/* The channel in the path: ?after=ID or ?since=, ?limit=1..1000, ?wait=0s..60s
 */
handler history_show;

/* There is another event in the window. */
void history_hear(struct history *history, const struct wire_event *event);
/* The window has begun anew: who waits is at no place any more. */
void history_begin_anew(struct history *history);
/* Something was deleted: a page that is half there may hold it. */
void history_erase(struct history *history);
/* Who waits is answered with what there is: he asks another responder. */
void history_drain(struct history *history);

#endif
