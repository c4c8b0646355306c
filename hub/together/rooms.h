/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_TOGETHER_ROOMS_H
#define TIDINGS_HUB_TOGETHER_ROOMS_H
/*
 * rooms - what the parts of together.h know of each other
 *
 *   propose   what goes to the order, and who waits for it
 *   arrive    what comes back
 *   put_back  orphans are proposed again
 *   together  beginning, end, and what a turn is
 */
#include "hub/shared/shared.h"
#include "hub/together/behind.h"
#include "hub/together/pending.h"
#include "hub/together/together.h"
#include "lib/buf.h"

/* Orphans that are to be put back. */
struct put_back {
	size_t asked;	  /* of them at the moment */
	uint64_t through; /* those up to here were asked or seen since ... */
	uint64_t since;	  /* ... this began, monotonic us; 0 = there are none */
	bool looked;	  /* whether there are any was looked up */
	bool failed;	  /* one of them; all are asked again in a while */
};

struct together {
	struct loop *loop;
	struct ledger *ledger;
	struct together_sink sink;
	struct order order;
	struct shared *wing;
	uint8_t own[ORIGIN_HUB];
	struct pending pending;
	struct node looks;     /* struct order_look, not answered; and ... */
	struct node questions; /* ... struct order_question */
	struct behind behind;
	enum shared_where where;
	bool lagging;
	unsigned machines;   /* that are there, 0 = not known */
	uint64_t blind;	     /* up to here who has come and gone is not known */
	uint64_t append_us;  /* how long the newest took */
	struct buf sentence; /* why it is away, terminated */
	bool following;	     /* what is told is what the log lacks */
	struct buf orphans;  /* struct orphan_origin, if `listed` */
	bool listed;
	uint64_t unfit;	     /* up to this id it is, and none of it will do;
				0 = there is none such */
	struct put_back put_back;
	struct founding *founding; /* under way; NULL = none is */
	bool founded;		   /* one has come to its end */
};

/* ---- (together.c) */

/* It dials, and no more.  `any`: the order may be another log's. */
struct together *together_make(struct loop *loop, struct ledger *ledger,
	const struct together_sink *sink, bool any);

/* ---- (propose.c) */

void propose_open(struct together *together);
void propose_answered(void *arg, const struct shared_answer *answer);
/* Up to this id all is in the transaction. */
void propose_reach(struct together *together, uint64_t id);
/* What was given an id in there has none any more. */
void propose_lose(struct together *together, const struct shared_hole *hole);
/* Those that wait for the log to get somewhere; those that wait too long. */
void propose_step(struct together *together);
void propose_expire(struct together *together);
/* Hands it to the order; NULL as `whose` of nobody. */
struct waiter *propose_append(struct together *together,
	const struct proposal *proposal, const struct origin *origin,
	uint64_t orphan, const struct ack *ack);

/* ---- (arrive.c) */

void arrive_entry(void *arg, const struct shared_entry *entry);
void arrive_hole(void *arg, const struct shared_hole *hole);
void arrive_missed(void *arg, uint64_t from, uint64_t upto, const char *broken);
/* It cannot be written down now: all is told anew later. */
void arrive_stop(struct together *together);
/* Writes down what will not do. */
void arrive_step(struct together *together);
/* Lets it be told, from what is committed on. */
void arrive_start(struct together *together);

/* ---- (found.c) */

/* What the log has goes into an order that is empty. */
void found_begin(struct together *together);
void found_end(struct together *together);

/* ---- (put_back.c) */

/* There may be some. */
void put_back_begin(struct together *together);
void put_back_step(struct together *together);
void put_back_tend(struct together *together);
/* This hub's own are out of the way of what comes after them. */
static inline bool put_back_is_done(const struct put_back *put_back)
{
	return put_back->since == 0 ||
	       (put_back->looked && put_back->asked == 0 && !put_back->failed);
}

#endif
