/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HISTORY_VISIT_H
#define TIDINGS_FCGI_HISTORY_VISIT_H
/*
 * visit - one request for a page of a channel's events, until it is answered
 *
 *   FRESH     in the queue of those that nobody has looked at
 *   SEEKING   it needs the hub's word (seeker.h): where it begins, then older
 *             events, a sheet at a time
 *   WAITING   there is nothing for it yet, and it waits for an event
 *             (waiters.h)
 *
 * What the window holds is taken from there: whoever keeps up with a channel
 * costs the hub nothing.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/guard/access.h"
#include "fcgi/history/history_query.h"
#include "fcgi/history/leaf.h"
#include "fcgi/replay/fair_queue.h"
#include "lib/list.h"
#include "lib/timer.h"

struct client;
struct deferred;
struct history;
struct judged;
struct paged;
struct privacy;
struct seeker;
struct window;

struct visit {
	struct history *history;
	struct seeker *seeker;	   /* once it has needed the hub */
	struct deferred *deferred; /* owns the request */
	struct fair_place place;
	struct node fellow;    /* in the list of all */
	struct node wait;      /* in waiters */
	struct timer patience; /* of one that may wait */
	struct client *client; /* counted, as a stream's is */
	struct grant *grant;   /* held; may be NULL */
	struct history_query wanted;
	enum access_more more; /* is anybody given more of the channel? */
	struct leaf leaf;
	bool judged; /* the hub has said where it begins: */
	bool gap;
	bool partial;	 /* something was lost meanwhile: the next page tells */
	uint8_t doubts;	 /* how often it was asked again */
	uint64_t cursor; /* looked through up to there */
	uint64_t limit;	 /* how far the hub's word goes */
	uint64_t pruned; /* what was pruned up to there is known */
};

/* Of its request. */
struct span visit_channel(const struct visit *visit);

/* Is what was shown for it good no more? */
bool visit_has_ended(const struct visit *visit, uint64_t now);

/* Takes from the window what there is for it; false if what follows its place
 * is not all there.  `now` in ms since 1970. */
bool visit_look(struct visit *visit, const struct window *window, uint64_t now);
/* It has nothing, and is as it came, or as it began to wait. */
void visit_restart(struct visit *visit);
/* Where it begins, as the hub says. */
void visit_judge(struct visit *visit, const struct judged *judged);

enum visit_found {
	VISIT_MORE,  /* the hub has to be asked on */
	VISIT_DONE,  /* it is full, or has all */
	VISIT_DOUBT, /* something was pruned meanwhile: where does it begin? */
	VISIT_LOST,  /* the answer makes no sense */
};
/* The sheet that was asked for behind its cursor. */
enum visit_found visit_take(struct visit *visit, const struct paged *paged,
	const struct privacy *privacy, uint64_t now);

/* Is there nothing that it could be answered with but "nothing yet"? */
bool visit_is_empty(const struct visit *visit);
/* Answers it; then it is gone. */
void visit_answer(struct visit *visit);

#endif
