/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_APPEND_H
#define TIDINGS_HUB_SHARED_APPEND_H
/*
 * append - proposals on their way to their place in the order
 *
 *   waiting  for the batch before, or for Redis
 *   flying   in the one batch that is under way
 *   doomed   until the turn is over: there is no room, or no time left
 *
 * What comes meanwhile is the next batch.  A batch without proposals asks where
 * the order stands, and sees to the floor: it is the sign of life, too.
 *
 * After a lost link those that were flying are waiting again: whether they were
 * stored is told by their receipt, keys or cursor.  One that has none of these
 * fails.
 *
 * Rows of inboxes are stored in their order, or not at all: a later one moves
 * the cursor over those before it.  So if one fails, those that are waiting do.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/shared/conn.h"
#include "hub/shared/script.h"
#include "hub/shared/shared.h"
#include "lib/list.h"
#include "lib/timer.h"

enum {
	APPEND_MOST = 256,	       /* proposals of a batch */
	APPEND_BYTES = 4 << 20,	       /* of a batch of more than one */
	APPEND_QUEUE_BYTES = 64 << 20, /* of all that are waiting */
	APPEND_RECEIPT_AGE_S = 600,
	APPEND_BRIEF_AGE_S = 60,
};

struct append_notify {
	void (*answered)(void *arg, const struct shared_answer *answer);
	/* A batch was taken that was sent at that time, monotonic us. */
	void (*heard)(void *arg, uint64_t last, uint64_t sent_us);
	/* It says that it will not do; nothing is sent before append_open(). */
	void (*refused)(
		void *arg, enum shared_where where, const char *sentence);
	/* A batch is unanswered for give_up: the link is to be given up. */
	void (*stuck)(void *arg);
	void (*looked)(void *arg, uint64_t number, uint64_t last);
	void *arg;
};

struct append {
	struct loop *loop;
	struct conn *conn; /* borrowed */
	struct append_notify notify;
	const char *prefix; /* borrowed */
	uint64_t give_up_us, key_age_s;
	struct node waiting, flying, doomed; /* struct waiting */
	size_t count, bytes;		     /* of all */
	bool row_failed;  /* of an inbox; those after it are to fail */
	bool open;	  /* a batch may be sent */
	bool busy;	  /* one is under way */
	bool probe;	  /* one is to be sent, if without proposals */
	uint64_t away_us; /* since when it is not open */
	uint64_t floor;
	uint64_t hole;	    /* as append_open() */
	uint64_t sent_hole; /* with the batch that is under way */
	unsigned deaf; /* no proposals before a newer one is told, or so many
			  signs of life have passed; 0 = there is none */
	uint64_t sent_us, took_us;
	uint64_t look, look_sent, looked; /* numbers */
	struct script script;
	struct loop_turn turn;
	struct timer deadline;
	bool identity_known;
	uint8_t identity[SHARED_ID], secret[SHARED_SECRET];
	struct buf command, fault;
};

struct waiting {
	struct node node;
	void *whose;
	uint64_t deadline_us;
	bool again;  /* it may be said again */
	bool stale;  /* a row that flew when what is before it was forgotten */
	bool is_row; /* of an inbox, perhaps one that is put back */
	struct buf words;
	size_t word_count;
};

void append_init(struct append *append, struct loop *loop, struct conn *conn,
	const struct shared_options *options, const char *prefix,
	const struct append_notify *notify);
void append_release(struct append *append);

/* Copies it. */
void append_add(
	struct append *append, const struct shared_proposal *what, void *whose);
/* There is a link: asks where the order stands, and sends nothing else before
 * append_open(). */
void append_greet(struct append *append);
/* The order's holes are told; the newest is this one, 0 = there is none.
 * Whoever proposes has to know of it: nothing is stored otherwise, and it is
 * said again once it is told. */
void append_open(struct append *append, uint64_t hole);
/* A newer one is told.  Rows of inboxes fail (append_fail_rows): what was
 * forgotten comes before them, since a cursor that they moved would tell of
 * that, too. */
void append_hear_hole(struct append *append, uint64_t hole);
/* There is none any more: proposals wait, each for give_up at most; once it has
 * been away for so long, new ones fail. */
void append_lost(struct append *append);
/* A sign of life is due. */
void append_probe(struct append *append);
void append_raise_floor(struct append *append, uint64_t id);

/* ---- append_queue.c: those that are waiting or flying */

/* Those that are doomed fail, and the rows after one that has failed. */
void append_settle(struct append *append);
/* Rows of inboxes fail; those that fly, if they would have to be said again. */
void append_fail_rows(struct append *append);
/* The list is not empty. */
struct waiting *append_first(const struct node *list);
/* It has its answer. */
void append_drop(struct append *append, struct waiting *waiting);
void append_fail(
	struct append *append, struct waiting *waiting, const char *reason);
/* It has waited for too long. */
void append_fail_late(struct append *append, struct waiting *waiting);
/* Whatever is flying fails for that reason. */
void append_fail_flying(struct append *append, const char *reason);
/* Those that fly are waiting again, in their order, before all others; what is
 * stale fails. */
void append_take_back(struct append *append);
/* The deadline may be another. */
void append_watch(struct append *append);

/* ---- append_encode.c */

void append_encode(struct waiting *waiting, const struct shared_proposal *what);

/* ---- append_batch.c */

/* Sends what is flying, or else what is waiting as far as it fits. */
void append_send(struct append *append);

#endif
