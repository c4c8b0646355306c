/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_FOLLOW_H
#define TIDINGS_HUB_SHARED_FOLLOW_H
/*
 * follow - everything that has its place in the order, one after the other
 *
 * On a link of its own, which waits in Redis for what comes.  What cannot be
 * had any more, or is no entry, is told in its place too, so that what is told
 * is without a gap: from where the log is, to the end.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/shared/conn.h"
#include "hub/shared/holes.h"
#include "hub/shared/shared.h"

enum {
	FOLLOW_FIRST = 16,	/* entries at once, to begin with, ... */
	FOLLOW_MOST = 256,	/* ... and at most, ... */
	FOLLOW_BYTES = 4 << 20, /* ... fewer if they have more than that */
	FOLLOW_BLOCK_MS = 400,	/* well below the least give_up */
};

struct follow_notify {
	void (*entry)(void *arg, const struct shared_entry *entry);
	void (*hole)(void *arg, const struct shared_hole *hole);
	void (*missed)(
		void *arg, uint64_t from, uint64_t upto, const char *broken);
	/* Its holes are told: whatever is proposed now comes after them. */
	void (*ready)(void *arg);
	/* It cannot be followed; STOPPED: nor ever, by this log. */
	void (*refused)(
		void *arg, enum shared_where where, const char *sentence);
	void *arg;
};

struct follow {
	struct conn *conn; /* borrowed */
	struct follow_notify notify;
	struct buf stream, hole; /* their keys */
	uint64_t from;		 /* told up to there */
	uint64_t broken_upto; /* above: entries up to there, told later, ... */
	const char *broken;   /* ... are none for this reason */
	uint8_t origin[SHARED_ID]; /* of the newest told; all zero: not known */
	struct holes holes;
	uint64_t newest_hole; /* of the order, as far as it is known */
	bool wanted; /* shared_follow() was said, and not taken back */
	bool linked; /* there is a link */
	bool begun;  /* its holes are known ... */
	bool ready;  /* ... and told */
	bool busy;   /* a question is under way, or its answer taken in */
	unsigned
		version; /* of what is wanted: what was asked for another ... */
	unsigned asked;	 /* ... is of no use */
	unsigned most;	 /* entries to ask for */
	size_t came;	 /* that came last, ... */
	size_t bytes;	 /* ... and what they have */
	uint64_t at;	 /* time of the newest told, ms */
	uint64_t last,
		asked_last; /* the order's, now and when XREAD was sent */
	struct buf items, command, fault;
};

void follow_init(struct follow *follow, struct conn *conn, const char *prefix,
	const struct follow_notify *notify);
void follow_release(struct follow *follow);

/* As shared_follow() and shared_pause(). */
void follow_from(struct follow *follow, uint64_t from,
	const uint8_t origin[SHARED_ID], const struct shared_hole *known,
	size_t count);
void follow_pause(struct follow *follow);

/* There is a link, or none any more. */
void follow_linked(struct follow *follow);
void follow_lost(struct follow *follow);
/* The order goes up to there. */
void follow_heard(struct follow *follow, uint64_t last);

/* ---- follow_rows.c */

/* What is wanted is another now, or there is no link. */
bool follow_is_stale(const struct follow *follow);
void follow_tell_hole(struct follow *follow, const struct shared_hole *hole);
/* All up to there of which nothing is in the stream. */
void follow_tell_up_to(struct follow *follow, uint64_t upto);
/* A list of entries as XREAD gives it. */
void follow_take_rows(struct follow *follow, const struct redis_reply *rows);

#endif
