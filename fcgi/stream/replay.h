/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_REPLAY_H
#define TIDINGS_FCGI_STREAM_REPLAY_H
/*
 * replay - older events, from the hub
 *
 * A page is one question to the hub: these channels, after this cursor.  It
 * has the size of one batch, so a reader who is far behind pins no more than
 * one who is a little behind.  Subscribers with the same question share it:
 * after a restart thousands come back with the same cursor.
 *
 *   QUEUED   no more than REPLAY_ASKED are with the hub at once
 *   ASKED    answered by the hub or, when it is away, by the uplink's deadline;
 *            then those who are QUEUED are answered the same
 *
 * Who waits is on the page's list and on no other page's.
 */
enum {
	REPLAY_ASKED = 16, /* pages with the hub; others wait their turn here */
};

struct questions;
struct paged;
struct replay;
struct batch;
struct subscriber;
struct window;

/* `answer` is told what has come, for each who waits. */
struct replay *replay_new(struct questions *questions,
	const struct window *window,
	void (*answer)(struct subscriber *sub, const struct paged *paged));
void replay_free(struct replay *replay);

/* Asks for what follows the subscriber's cursor (or, while it is OPENING, what
 * its opening asks for).  It is never answered from here. */
void replay_ask(struct replay *replay, struct subscriber *sub);
/* It does not want the answer any more; harmless if it does not wait. */
void replay_leave(struct subscriber *sub);
/* From within `answer`: the page's events, at least one, for this subscriber;
 * composed for the first and shared by all. */
struct batch *replay_batch(struct replay *replay, const struct subscriber *sub,
	const struct paged *paged);

#endif
