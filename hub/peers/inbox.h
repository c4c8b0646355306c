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

struct inbox {
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
/* Neither this one's rows nor another's are taken in this turn any more. */
bool inbox_budget_is_spent(const struct inboxes *inboxes);
/* Answers it, after COMMIT. */
void inbox_answer_taken(struct inbox *inbox);

#endif
