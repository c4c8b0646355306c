/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_GATHERING_H
#define TIDINGS_FCGI_PRESENCE_GATHERING_H
/*
 * gathering - one channel whose listeners want to know who is there
 *
 *   LOADING  the hub is asked who is there, a page at a time
 *   WAITING  all pages have come; events that they take into account have not
 *   READY    the list is right, and changes are told
 *
 * Its list is whole, or that for who may only listen: there, whoever is seen at
 * Mercure's path alone has no name (active_veil()).
 *
 * A member is one stream.  It is current, and is given the changes, or it lacks
 * the list, and is given it as soon as it can take it: who cannot take a change
 * at once lacks the list again, so that nothing waits for him.  Whoever had one
 * in this second of the clock is given the next one in another, with all others
 * of whom that is so: however many fall behind, and however often, a list is
 * made once a second for them.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/presence/entries.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/table.h"

struct call;
struct clock;
struct questions;
struct gathering;
struct subscriber;

#define LISTS_EVERY_US UINT64_C(1000000)

enum member_wants {
	WANTS_LIST,
	WANTS_LIST_AGAIN, /* it had one, and has fallen behind */
	WANTS_NEWS,	  /* it is current */
};

struct member {
	struct node node; /* in its gathering */
	struct gathering *gathering;
	struct subscriber *sub;
	enum entries_by by;
	enum member_wants wants;
	uint64_t listed; /* in which second of the clock it had a list */
	bool begun;	 /* it has had its first byte */
};

enum gathering_state { LOADING, WAITING, READY };

enum gathering_lacks {
	LACKS_NOTHING,
	LACKS_ROOM, /* somebody could not take it, or not yet */
	LACKS_TIME, /* somebody waits for the next round */
};

struct gathering {
	struct table_node by_name;
	struct node members;
	enum gathering_state state;
	struct call *call; /* LOADING: the question; NULL = to be asked */
	uint64_t after;	   /* what the next page begins behind */
	uint64_t upto;	   /* WAITING: newest event taken into account */
	struct entries entries;
	struct buf news[ENTRIES_BYS];	 /* changes not yet given */
	struct buf present[ENTRIES_BYS]; /* the list; empty = not composed */
	const struct clock *clock;
	struct questions *questions;
	/* There is something to be given. */
	void (*due)(void *arg);
	void *arg;
	uint64_t again; /* when it is to be looked at, us; UINT64_MAX = when
			   there is something new */
	bool held;	/* it is being given to: not to be freed */
	bool whole;
	uint16_t len; /* of the name */
	char key[];   /* what tells it from all others */
};

/* Whom it asks, and whom it tells. */
struct gathering_parts {
	const struct clock *clock;
	struct questions *questions;
	void (*due)(void *arg);
	void *arg;
	uint32_t most; /* entries of a list */
};

struct gathering *gathering_new(
	struct span name, bool whole, const struct gathering_parts *parts);
void gathering_free(struct gathering *gathering);
struct span gathering_name(const struct gathering *gathering);
/* Its key, and how that is made. */
struct span gathering_key(const struct gathering *gathering);
struct span gathering_key_of(struct buf *out, struct span name, bool whole);

void gathering_enter(struct gathering *gathering, struct member *member);
/* It has had its first byte. */
void gathering_begin(struct member *member);
void gathering_leave(struct member *member);

/* Asks the hub, if that is to be done. */
void gathering_ask(struct gathering *gathering);
/* What was known is void: asks anew. */
void gathering_begin_anew(struct gathering *gathering);
/* Somebody has come or gone, by the event `id`. */
void gathering_hear(
	struct gathering *gathering, const struct active *active, uint64_t id);
/* Events up to `id` have come. */
void gathering_look(struct gathering *gathering, uint64_t id);

/* That member cannot take what is new. */
void gathering_miss(struct gathering *gathering, struct member *member);

/* ---- gathering_give.c */

/* Gives everybody what he lacks, as far as he can take it; lists until
 * `end_us`, or one of each kind.  What is lacking then? */
enum gathering_lacks gathering_give(
	struct gathering *gathering, uint64_t end_us);
/* When something is to be told by itself, monotonic us; UINT64_MAX = never. */
uint64_t gathering_tend(struct gathering *gathering);

#endif
