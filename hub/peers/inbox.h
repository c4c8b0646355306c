/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_INBOX_H
#define TIDINGS_HUB_PEERS_INBOX_H
/*
 * inbox - what the hub knows of the inboxes of tidings.conf
 *
 *   UNREAD    nobody speaks for it, or its reader has not named a file
 *   READ      its file is known by its identity; rows come from the cursor on
 *
 *   UNREAD -> READ     INBOX has come, and nothing speaks against it
 *   READ -> UNREAD     its reader has gone, or says why it cannot read
 *
 * A reader is not trusted: it runs on files that others write.  So it speaks
 * for the one inbox that its supervisor has named, every row is checked like a
 * publish, and nothing that it says costs more than a slice of a turn: what it
 * asks waits here, at most WIRE_AHEAD frames and WIRE_AHEAD_BYTES, and is taken
 * in turns, the rows after what publishers sent.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/cursor.h"
#include "hub/log/ledger.h"
#include "hub/log/order.h"
#include "hub/peers/inbox_watch.h"
#include "hub/peers/peer.h"
#include "lib/wire.h"

enum {
	INBOX_ROWS_BESIDE = 256, /* taken in a turn in which publishers */
	INBOX_BYTES_BESIDE = 256 << 10, /* wait, of all inboxes together */
	INBOX_TURN_US = 10000,		/* rows are taken this long in a turn */
	INBOX_UNHEARD_MAX = 4 << 20,	/* bytes that a reader may leave unread:
					   WIRE_AHEAD answers */
	INBOX_REASONS_MAX = 20000, /* untold, of one inbox; with more, no row
				      of it is taken */
	/* A question that achieves nothing costs its reader a rest; only who
	 * asks many in a row has to take it. */
	INBOX_IDLE_US = 10000, /* at least, for one */
	INBOX_IDLE_SHARE = 20, /* and so many times what it took */
	INBOX_IDLE_BURST_US = 500000,
	INBOX_ROWS_HEAD = 8 + 8 + 8 + 4, /* bytes of ROWS before the first */
	INBOX_OTHERS = 16, /* whose cursors are remembered for a transaction */
};

/* A frame that waits for its turn. */
struct inbox_frame {
	uint8_t type;
	bool done; /* to be answered after COMMIT */
	struct buf body;
};

/* Rows that were taken since the hub began. */
struct inbox_sums {
	uint64_t published, refused;
};

struct inboxes;

struct inbox {
	struct inboxes *inboxes;
	const struct config_inbox *config;
	struct peer *peer; /* its reader; NULL = nobody */
	bool read;
	struct buf why; /* UNREAD: the reason, a terminated sentence */
	struct inbox_watch watch;
	uint8_t identity[CURSOR_IDENTITY];
	uint64_t cursor;	/* committed */
	uint64_t draft;		/* the same, in this transaction */
	bool entered;		/* the log knows it by this name; committed */
	bool entering;		/* the same, in this transaction */
	size_t reasons;		/* that the log holds for it */
	struct inbox_sums sums; /* committed */
	struct inbox_sums new_sums; /* the same, in this transaction */
	bool confined;		    /* its reader says so, */
	uint64_t stock; /* and that up to so many published rows are in it, */
	uint32_t lost;	/* and so many tables have lost their triggers */
	struct inbox_frame waiting[WIRE_AHEAD];
	size_t waiting_count;
	uint64_t idle_until; /* monotonic us; before, none of these is taken */
	size_t taken;	     /* bytes of the first of these, if it is ROWS */
	struct buf refused;  /* its refusals, as TAKEN tells them */
	uint32_t refusals;   /* how many */
	size_t kept;	     /* bytes of `refused` that are committed, */
	uint32_t kept_count; /* and how many that is */
	/* Where the order is shared (inbox_order.c): rows of the first frame
	 * that were proposed, and how many of them are not answered; how far
	 * the inbox is published by what the order says, which is asked, ... */
	struct buf fates;
	size_t unanswered;
	struct order_question *question;
	uint64_t ahead;
	bool looking; /* ... and when this log has got there */
	struct order_look look;
};

/* An inbox of another machine, and how far it is published. */
struct inbox_other {
	uint8_t identity[CURSOR_IDENTITY];
	char name[256];
	uint64_t cursor;
};

/* What may still be taken in this turn. */
struct inbox_budget {
	size_t rows, bytes;
	uint64_t end; /* monotonic us: when its time is up; 0 = not begun */
};

struct inboxes {
	const struct config *config;
	struct ledger *ledger;
	struct cursors cursors;
	struct inbox *all; /* as in `config` */
	size_t count;
	size_t first; /* whose rows come first in this turn */
	struct inbox_budget budget;
	bool changed; /* which are read, since somebody last looked */
	struct inbox_other others[INBOX_OTHERS]; /* in this transaction */
	size_t other_count;
};

/* All is borrowed.  They move with the ledger's transaction from now on. */
void inboxes_open(struct inboxes *inboxes, struct ledger *ledger);
void inboxes_close(struct inboxes *inboxes);

/* ---- frames; false if malformed */

/* May also refuse the peer. */
bool inbox_claim(
	struct inboxes *inboxes, struct peer *peer, struct wire_in *in);
/* The others; `peer` speaks for an inbox, and has heard what it was told. */
bool inbox_hear(struct inboxes *inboxes, struct peer *peer, uint8_t type,
	struct span body);
/* Its reader has gone. */
void inbox_leave(struct inboxes *inboxes, struct peer *peer);

/* Takes the first of what waits off. */
void inbox_pop(struct inbox *inbox);

/* ---- (inbox_turn.c) in a turn */

/* Answers INBOX, puts rows into the transaction; true if there is more. */
bool inboxes_pull(struct inboxes *inboxes);
/* When there is more although inboxes_pull did not say so: monotonic us,
 * UINT64_MAX = never. */
uint64_t inboxes_due(const struct inboxes *inboxes);
/* After COMMIT. */
void inboxes_answer(struct inboxes *inboxes);

/* ---- (inbox_identity.c) which file it is */

/* Whether a body is that of an INBOX that names one. */
bool inbox_identity_is_whole(struct span body);
/* The first waiting frame, which is one, may be answered now; if not, an answer
 * is awaited. */
bool inbox_may_be_identified(struct inboxes *inboxes, struct inbox *inbox);
/* Answers the first waiting frame, which is one; before, it commits what was
 * read under another identity. */
void inbox_take_identity(struct inboxes *inboxes, struct inbox *inbox);

/* ---- (inbox_unread.c) which are not read */

/* It is not, for this reason; or because there is nobody who reads it. */
void inbox_excuse(
	struct inboxes *inboxes, struct inbox *inbox, struct span why);
void inbox_miss(struct inboxes *inboxes, struct inbox *inbox);
/* Now and then: a log line about those that nobody reads. */
void inboxes_watch(struct inboxes *inboxes, uint64_t now_us);

/* Appends those not read, as STATE tells them. */
void inboxes_put_unread(const struct inboxes *inboxes, struct buf *out);

/* ---- (inbox_rows.c) rows, and what was told */

/* Whether a body is one of ROWS, or of TOLD. */
bool inbox_rows_are_whole(struct span body);
bool inbox_told_is_whole(struct span body);
/* Takes of the first waiting frame what there is room for in this transaction;
 * false if it has no row that can be taken. */
bool inbox_take_rows(struct inboxes *inboxes, struct inbox *inbox);
void inbox_take_told(struct inboxes *inboxes, struct inbox *inbox);
/* Answers it, after COMMIT. */
void inbox_answer_taken(struct inbox *inbox);

/* ---- (inbox_take.c) what goes into the transaction */

/* Makes room in the transaction, in which the log knows the inbox; false if it
 * is in trouble. */
bool inbox_enter(struct ledger *ledger, struct inbox *inbox);
/* In the transaction: the row will never be published. */
void inbox_refuse(struct inboxes *inboxes, struct inbox *inbox, uint64_t row,
	struct span reason);
/* What may stand behind the last of its rows is passed too. */
void inbox_take_end(struct ledger *ledger, struct inbox *inbox, uint64_t to);

/* Neither this one's rows nor another's are taken in this turn any more. */
bool inbox_budget_is_spent(const struct inboxes *inboxes);

/* ---- (inbox_order.c) where the order is shared */

/* As inbox_take_rows() from the first row on. */
bool inbox_ask_order(struct inboxes *inboxes, struct inbox *inbox, uint64_t to);
/* Nobody waits for what was asked any more. */
void inbox_give_up(struct inbox *inbox);
/* Asks how far the file is published, unless that is known by now: `ahead`. */
bool inbox_knows_order(struct inbox *inbox, struct span identity);
void inbox_ask_nothing(struct inbox *inbox);
/* Nothing can be done until an answer comes; or one has come. */
bool inbox_waits_for_order(const struct inbox *inbox);
bool inbox_has_news(const struct inbox *inbox);
/* In a transaction: what was applied moves an inbox, perhaps another
 * machine's. */
void inboxes_moved(void *arg, struct span name,
	const uint8_t identity[CURSOR_IDENTITY], uint64_t cursor);
void inboxes_write_others(struct inboxes *inboxes);

#endif
