/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_SEARCH_H
#define TIDINGS_FCGI_REPLAY_SEARCH_H
/*
 * search - what is found for one stream of the last values of its channels
 *
 * Values are given in the order of their ids.  If there are too many those with
 * the lowest ids go.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/replay/fair_queue.h"
#include "lib/buf.h"
#include "lib/heap.h"
#include "lib/list.h"

struct call;
struct erasure;
struct lasts;
struct lasts_found;
struct subscriber;
struct window;
struct wire_event;

/* One channel's. */
struct last {
	struct node todo; /* in the search's, while the hub is to be asked; or
			     asked */
	struct heap_node by_id; /* once its id is known */
	struct search *of;
	struct call *call; /* the hub is being asked */
	uint64_t id;	   /* of the row; 0 = not known */
	uint64_t shown;	   /* as it is given; 0 = it has no text yet */
	char *channel;	   /* owned */
	uint8_t missed;	   /* times that its event had gone */
	struct buf text;
};

struct search {
	struct subscriber *sub;
	struct lasts *lasts;
	struct fair_place place; /* in the queue of those who have to ask */
	struct node fellow;	 /* in the list of all */
	bool begun;		 /* it has had its turn */
	uint64_t upto;		 /* what is above it the window has */
	struct node todo, asked; /* lasts */
	struct heap values;	 /* lasts, by id */
	size_t bytes;		 /* of their texts */
	bool cut;		 /* some have gone */
	unsigned *asking;	 /* counts questions that the hub has */
	bool listing;		 /* the hub is to be asked for all channels */
	struct call *list;	 /* it is being asked; behind that name: */
	struct buf after;
};

/* It has found nothing yet, and holds nothing. */
struct search *search_new(struct subscriber *sub, unsigned *asking);
/* With the channels that the subscriber names, and what the window has of them.
 */
void search_begin(struct search *search, const struct window *window);
/* What was asked for it is answered to nobody. */
void search_free(struct search *search);

/* Does one of its patterns match the channel? */
bool search_wants(const struct search *search, struct span channel);
/* That channel has its newest event there. */
void search_add(struct search *search, const struct window *window,
	struct span channel, uint64_t id);
/* The newest id of one that was asked for; 0 if there is none. */
void search_set_id(struct search *search, const struct window *window,
	struct last *last, uint64_t id);
/* The event of one has gone meanwhile, and there may be another: its id is to
 * be asked for again, if that has not happened too often. */
void search_miss(struct search *search, struct last *last);
/* Is anything of that in it? */
bool search_holds(const struct search *search, const struct erasure *erasure);
/* The event of one; NULL if there is none. */
void search_take(struct search *search, struct last *last,
	const struct wire_event *event, bool is_private);

/* Nothing is to be asked, nor being asked. */
bool search_is_over(const struct search *search);
/* Appends the text of all, which are gone then. */
void search_end(
	struct search *search, struct lasts_found *found, struct buf *text);

#endif
