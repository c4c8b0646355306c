/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_UPLINK_CALL_H
#define TIDINGS_FCGI_UPLINK_CALL_H
/*
 * call - something asked of the hub, until it is answered
 *
 *   WAITING    in a list of its kind; sent, or to be sent when a hub comes
 *   ANSWERED   its callback was called, it is freed
 *   EXPIRED    the same, with "away", UPLINK_DEADLINE_MS after it was asked
 *
 * The first member of what is asked: a publish (publishes.h) or a question
 * (questions.h).  Each is answered exactly once, never from within the asking
 * call.  What is unanswered when the hub goes away is sent again to the one
 * that comes back, under the same number, until its deadline passes.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/list.h"
#include "lib/span.h"

struct clock;

enum {
	UPLINK_DEADLINE_MS = 5000, /* an answer takes no longer, or it is "the
				      hub is away" */
};

/* Gives a whole frame to the hub, or drops it while it is away. */
struct hub_sender {
	void (*send)(void *owner, struct span frame);
	void *owner;
};

struct call {
	struct node node;
	uint64_t number;
	uint64_t deadline; /* monotonic us */
	bool forgotten;	   /* nobody is told */
	struct buf frame;
	void (*away)(struct call *call); /* answers it so, and frees it */
};

/* In no list yet, its frame empty. */
void call_init(struct call *call, const struct clock *clock, uint64_t number,
	void (*away)(struct call *call));
/* Out of its list. */
void call_release(struct call *call);
/* The one who waits is gone: what was asked goes on, nobody is told. */
void call_forget(struct call *call);

/* ---- lists of them */

/* NULL if there is none.  Answers come in the order of the questions: it is the
 * first or close to it. */
struct call *calls_find(struct node *calls, uint64_t number);
/* All of them, in order. */
void calls_send(struct node *calls, const struct hub_sender *sender);
/* `now`: monotonic us. */
void calls_expire(struct node *calls, uint64_t now);

#endif
