/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_SHARED_H
#define TIDINGS_HUB_SHARED_SHARED_H
/*
 * shared - the order that several machines have in common
 *
 * Each machine has a log of its own; which id an event gets is said by one
 * engine for all of them, Redis.  Only this wing knows that it is Redis.
 *
 *   append  a proposal goes to the engine, which gives it ids or says why not;
 *           it may be said again, by its receipt, its keys or its cursor
 *   follow  everything that has got ids comes back, one's own too, in the one
 *           order; only then is it applied to the log
 *
 * What was answered SHARED_STORED may be forgotten by the engine: a hole below
 * its id says so, before anything that comes after it.
 *
 * It lives on the hub's loop.  No callback comes from within a call of these
 * functions; each of these may be called from within a callback.  What a
 * callback is handed is borrowed for its time, what a call is handed for that
 * of the call, unless it says otherwise.
 *
 * A wing of its own: it knows lib, and nobody else of the hub.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/digest.h"
#include "lib/loop.h"
#include "lib/span.h"

enum {
	SHARED_ID = 16,	    /* bytes of an identity: a log's, a hub's (its
			       origin), an inbox's */
	SHARED_SECRET = 32, /* bytes */
	SHARED_ROWS_MAX = 1 << 20, /* of one proposal */
	SHARED_JUMP = 1000000000,  /* ids of a hole, at least */
};

/* ---- what goes to the order */

struct shared_item {	      /* one event */
	struct span key;      /* idempotency key, or empty */
	struct digest digest; /* only if there is a key */
	struct span data;
};

/* How far an inbox is published. */
struct shared_cursor {
	struct span name;	     /* of tidings.conf; empty = none */
	uint8_t identity[SHARED_ID]; /* the inbox's own */
	uint64_t from, to;
};

struct shared_proposal {
	uint8_t kind; /* the ledger's own word for what it is, passed on */
	struct span channel, type, traits;
	const struct shared_item *items;
	uint32_t count; /* 0 = nothing but the cursor moves */
	uint32_t rows;	/* of each item: the channels of its topics, 1 if it has
			   none; each row has an id */
	bool brief;	/* its keys hold for a minute only, and other content
			   under one of them is new */
	struct span once; /* if set, a name by which the whole proposal is
			     stored once, for all machines; ordered by bytes */
	uint64_t source, number; /* its receipt; source 0 = none */
	struct shared_cursor cursor;
	/* It was stored before, under this id, which the order has forgotten; 0
	 * = it is new.  Such a one is taken for done if its receipt is known or
	 * its inbox's cursor is at `to` or above; `from` does not count. */
	uint64_t orphan;
	uint8_t origin[SHARED_ID]; /* the hub that took it from its publisher;
				      an orphan keeps that of old */
};

enum shared_outcome {
	SHARED_STORED,	 /* at least one item got its ids now */
	SHARED_REPEATED, /* all are there already: by receipt, keys, name */
	SHARED_CONFLICT, /* one of its keys was used for other content */
	SHARED_BEHIND,	 /* the inbox is published further than `from`: up to
			    `cursor`; nothing was stored */
	SHARED_FAILED, /* `reason` says why; whether it is stored is not known:
			  who says it again learns so */
};

struct shared_answer {
	void *whose; /* as handed to shared_append() */
	enum shared_outcome outcome;
	uint64_t first, last; /* ids of its first and last item, as they are
				 shown: each that of the item's last row; 0 if
				 it has no items.  An item that is repeated has
				 its old id */
	uint64_t entry;	 /* STORED: the id of the entry which will be followed;
			    REPEATED: the highest of its items, if known */
	uint64_t cursor; /* of its inbox now, 0 if it has none */
	const char *reason; /* FAILED: a sentence, else NULL */
};

/* ---- what comes back */

/* All new rows of one proposal: id - rows + 1 to id. */
struct shared_entry {
	uint64_t id; /* of its last row */
	uint64_t at; /* ms since 1970; never falls as ids rise */
	uint64_t rows;
	bool founded; /* it was in the log that founded the order, of which not
			 all was kept */
	/* As it was proposed, but its items are those that are new, in their
	 * order.  What it says was checked for its form only. */
	struct shared_proposal what;
};

/* No event has an id above `last` and up to `start`.  What a log holds in
 * (last, start) was forgotten by the order: orphans. */
struct shared_hole {
	uint64_t last, start;
};

enum shared_where {
	SHARED_AWAY, /* the sentence says since when, or why */
	SHARED_HERE,
	SHARED_EMPTY,	/* like AWAY: it has forgotten everything; see found */
	SHARED_STOPPED, /* like AWAY, but not tried again: somebody has to see
			   to what the sentence says */
};

struct shared_state {
	enum shared_where where;
	const char *sentence; /* NULL if it is here */
	uint64_t away_since;  /* ms since 1970; 0 if it is here */
	uint64_t last;	      /* newest id of the order as last heard; 0 = never
				 heard */
	uint64_t heard_us;    /* monotonic, when the request for `last` was
				 sent: what is not followed up to it long after
				 is behind */
	unsigned machines;    /* that are there, this one too; 0 = not known */
	uint64_t append_us;   /* how long the newest append took; 0 = none */
	const char *server;   /* the address in use; "" if none */
};

/* Another machine. */
enum shared_there {
	SHARED_THERE,	  /* or it is not known */
	SHARED_GONE,	  /* silent for 10 s, in which others were heard */
	SHARED_GONE_OURS, /* and this one is the first of those that are there:
			     all of them agree which one is */
};

struct shared_notify {
	void (*answered)(void *arg, const struct shared_answer *answer);
	void (*entry)(void *arg, const struct shared_entry *entry);
	/* In its place among the entries, and told once.  If the log holds ids
	 * in (last, start), these are orphans; entries go on above `start`.
	 * What was answered as stored with an id in there, but has not been
	 * followed, is to be proposed again. */
	void (*hole)(void *arg, const struct shared_hole *hole);
	/* The entries in (from, upto] cannot be had (any more): trimmed since
	 * this hub was last here, removed, or (`broken`) not what a hub writes,
	 * for this reason. */
	void (*missed)(
		void *arg, uint64_t from, uint64_t upto, const char *broken);
	/* At each change of `where` or of the sentence, and, while it is here,
	 * once a second. */
	void (*state)(void *arg, const struct shared_state *state);
	/* Answer to shared_look(): `last` was read after that call. */
	void (*looked)(void *arg, uint64_t number, uint64_t last);
	/* Answer to shared_ask_cursor(). */
	void (*cursor)(void *arg, void *whose, uint64_t cursor);
	/* Answer to shared_found(): NULL, or why not. */
	void (*founded)(void *arg, const char *fault);
	/* It is empty, found is auto, and of the machines that were heard of
	 * this one's log is the newest: time for shared_found(). */
	void (*may_found)(void *arg);
	/* So many listen to `name` at another machine, which is known by its
	 * hub's origin; 0 = nobody any more.  May be NULL, as may the next. */
	void (*counted)(void *arg, const uint8_t origin[SHARED_ID],
		struct span name, uint32_t number);
	/* A machine has been silent for 10 s; all that are there are told. What
	 * it counted is void. */
	void (*left)(void *arg, const uint8_t origin[SHARED_ID]);
	void *arg;
};

/* ---- to open and close */

struct shared_options {
	/* As tidings.conf has them, which has checked them; copied. */
	const char *redis; /* addresses, with spaces between them */
	unsigned db;
	const char *user, *password_file; /* or NULL */
	const char *prefix, *machine;
	uint64_t give_up_ms;
	uint64_t keep_age_ms, keep_bytes;
	uint64_t key_age_ms; /* idempotency keys hold for so long */
	bool found_auto;
	uint8_t identity[SHARED_ID]; /* the log's; all zero = any: that of the
					order is the log's from now on */
	uint8_t origin[SHARED_ID];   /* this hub's own */
};

struct shared;

/* Opens the engine's module and begins to dial; NULL if that cannot be, and
 * *fault then is a sentence (static or good until the next call). */
struct shared *shared_open(struct loop *loop,
	const struct shared_options *options,
	const struct shared_notify *notify, const char **fault);
void shared_close(struct shared *shared);

/* ---- the order */

/* Copies what it needs; `whose` comes back with the answer, exactly once unless
 * it is closed before.  Proposals keep their order.  One that is not answered
 * within give_up fails. */
void shared_append(struct shared *shared,
	const struct shared_proposal *proposal, void *whose);
/* Proposals that are not answered yet. */
size_t shared_waiting(const struct shared *shared);

/* What was committed here and is the newest: entries above it follow, and no id
 * up to it is given to anything else.  Of the newest event its origin, all zero
 * if it has none.  `known`: the holes that the log knows, rising.  To be said
 * once at the start (before anything follows), and again if what was told since
 * could not be committed. */
void shared_follow(struct shared *shared, uint64_t from,
	const uint8_t origin[SHARED_ID], const struct shared_hole *known,
	size_t count);
/* Nothing more is told until the next shared_follow(). */
void shared_pause(struct shared *shared);

/* ---- questions; while it is away they wait, and are asked then */

/* Its number; each number's answer answers all those before it too. */
uint64_t shared_look(struct shared *shared);
void shared_ask_cursor(struct shared *shared, struct span name,
	const uint8_t identity[SHARED_ID], void *whose);
/* So many listen to `name` on this machine: for the others, within a second or
 * two.  Of 10,000 names at most; more are not told. */
void shared_count(struct shared *shared, struct span name, uint32_t number);
enum shared_there shared_there(
	const struct shared *shared, const uint8_t origin[SHARED_ID]);
/* Up to this id this machine may have missed what only entries say; never
 * lower than before.  All are told. */
void shared_blind(struct shared *shared, uint64_t id);
/* The highest of all machines' that are there. */
uint64_t shared_blindest(const struct shared *shared);
/* The log's identity and secret as the order has them; false as long as it is
 * not here. */
bool shared_identity(const struct shared *shared, uint8_t identity[SHARED_ID],
	uint8_t secret[SHARED_SECRET]);

/* ---- to found it: what a log has goes into an empty engine */

struct shared_key {
	struct span channel, key;
	struct digest digest;
	uint64_t id;
	uint64_t at; /* ms, when it was stored */
};

struct shared_founding {
	uint8_t identity[SHARED_ID], secret[SHARED_SECRET];
	uint64_t last; /* newest id ever given out */
	uint64_t at;   /* ms, its time */
	bool cut;      /* there were some below its first entry, ... */
	uint64_t from; /* ... none of them above this id; 0 = not known */
	/* Each hands out the next one, borrowed until the next call, from a
	 * turn of the loop; false = no more.  Of an entry id, at, rows and what
	 * is kept of the proposal (rows of one publish may be entries of their
	 * own, and `shown` then is the id of the last row of the item). */
	bool (*entry)(void *arg, struct shared_entry *entry, uint64_t *shown);
	/* Rising, in which no entry lies: what somebody may not have heard that
	 * was forgotten by an order before this one.  NULL = there are none. */
	bool (*hole)(void *arg, struct shared_hole *hole);
	bool (*key)(void *arg, struct shared_key *key);
	bool (*cursor)(void *arg, struct shared_cursor *cursor); /* `to` */
	void *arg;
};

/* To be said while it is SHARED_EMPTY; `founding` stays until founded(). */
void shared_found(
	struct shared *shared, const struct shared_founding *founding);

#endif
