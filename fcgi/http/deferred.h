/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_DEFERRED_H
#define TIDINGS_FCGI_HTTP_DEFERRED_H
/*
 * deferred - a request that waits for the hub's word
 *
 * Watches its connection meanwhile: a browser that leaves is not waited for.
 * The wait ends by the uplink's own deadline.  Owns the request.
 *
 * An answer that may be too long to be held whole is sent in parts, each of
 * which is made once the socket has taken the one before.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/http/unread.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/loop.h"

struct deferrals;
struct call;
struct replies;
struct request;

struct deferred {
	struct deferrals *deferrals;
	struct replies *replies; /* where the answer goes */
	struct request *request;
	struct call *call; /* set by the caller after asking the hub; NULL = it
			      is not asked */
	struct loop_io watch;
	struct node node;
	bool seen;	 /* waits long enough to be watched at the next look */
	unsigned kind;	 /* what kind of answer is wanted: the caller's */
	uint32_t count;	 /* for the answer: how many events; or, of channels,
			    how many are still wanted */
	struct buf note; /* for the answer: the channel */
	struct buf answer; /* its text, as far as it is known, and not sent */
	uint64_t after;	   /* for the answer: what the next part is behind */
	/* In parts: records that the socket has not taken, and how much of them
	 * it has; what is done when it has them all, NULL = that is the end. */
	struct buf records;
	size_t sent;
	void (*taken)(struct deferred *deferred);
	bool begun; /* its head has been sent */
	struct unread_text unread;
	struct timer patience;
	const void *room; /* the handler's, if it has to go on */
	/* What the handler has beside it: told when the deferred goes, for
	 * whatever reason; NULL = nothing. */
	void (*gone)(void *beside);
	void *beside;
};

/* Their answers go to `replies`. */
struct deferrals *deferrals_new(struct loop *loop, struct replies *replies);
/* Nobody is told any more; who was asked must still be there. */
void deferrals_free(struct deferrals *deferrals);
size_t deferrals_count(const struct deferrals *deferrals);

/* Takes the request. */
struct deferred *deferred_new(
	struct deferrals *deferrals, struct request *request);
/* The word has come: returns the request, and the deferred is gone. */
struct request *deferred_done(struct deferred *deferred);

/* What is in `answer` is sent, behind the head of a 200 of that type if it is
 * the first part; `taken` is called when the socket has it, maybe at once.  The
 * second: and nothing else comes, and the deferred is gone.  A web server that
 * takes nothing for REPLY_DEADLINE_MS is closed. */
void deferred_part(struct deferred *deferred, const char *type,
	void (*taken)(struct deferred *deferred));
void deferred_last_part(struct deferred *deferred, const char *type);
/* The answer breaks off, and its reader sees that it is not whole. */
void deferred_break(struct deferred *deferred);

#endif
