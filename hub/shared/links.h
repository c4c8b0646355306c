/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_LINKS_H
#define TIDINGS_HUB_SHARED_LINKS_H
/*
 * links - the two links to Redis: when they are there, and whether they will do
 *
 *   away      the first is dialled, asked what it is (info.h), and where the
 *	       order stands
 *   linking   so the second is dialled, to the same address, and asked for the
 *	       holes
 *   here      proposals go, entries come
 *   empty     it has no order: somebody may found one
 *   stopped   for good
 *
 * If one is lost, so is the other.
 */
#include "hub/shared/append.h"
#include "hub/shared/cursors.h"
#include "hub/shared/dial.h"
#include "hub/shared/follow.h"
#include "hub/shared/founding.h"
#include "hub/shared/machines.h"
#include "hub/shared/shared.h"
#include "hub/shared/tally.h"
#include "hub/shared/trim.h"

enum {
	LINKS_BEAT_MS = 1000,
	LINKS_QUIET_MS = 3000, /* at most: so long without a word is away */
	LINKS_LOOK_BEATS = 10, /* after so many its settings are looked at */
	LINKS_HEAR_MS = MACHINES_GONE_MS, /* of others, before it is founded */
	LINKS_SAY_AGAIN_MS = 10000,	  /* a log line for another sentence */
};

enum links_phase {
	LINKS_AWAY,
	LINKS_LINKING,
	LINKS_HERE,
	LINKS_EMPTY,
	LINKS_STOPPED,
};

struct shared {
	struct loop *loop;
	struct shared_notify notify;
	struct shared_options options;
	char *client_name;
	struct dial_options dial_options;
	struct dial first, second;
	struct append append;
	struct follow follow;
	struct trim trim;
	struct founding founding;
	struct cursors_asked cursors;
	struct machines machines;
	struct tally tally;
	uint64_t machines_us; /* when they were heard of last */
	enum links_phase phase;
	bool quiet; /* here, but it does not answer */
	bool evicts, said_aof;
	bool beats_heard; /* state is to be told once a second */
	unsigned beats;
	uint64_t empty_us; /* since when it is empty */
	struct timer beat;
	struct shared_state state;
	struct buf sentence, scratch;
	uint64_t said_us;
};

void links_open(struct shared *shared, const struct redis *redis);
void links_close(struct shared *shared);

/* ---- links_state.c */

void links_tell(struct shared *shared);
/* `sentence` NULL: it is here. */
void links_set_state(
	struct shared *shared, enum shared_where where, const char *sentence);

/* The link is of no use, for that reason. */
void links_give_up(struct shared *shared, const char *why);

/* ---- links_look.c */

/* At first, where the order stands is asked if it will do, else the link is
 * given up; later, what has become worse is said to the log. */
void links_ask_info(struct shared *shared, bool again);

/* ---- links_through.c: as in struct shared_notify, with a struct shared */

void links_answered(void *arg, const struct shared_answer *answer);
void links_looked(void *arg, uint64_t number, uint64_t last);
void links_entry(void *arg, const struct shared_entry *entry);
void links_hole(void *arg, const struct shared_hole *hole);
void links_missed(void *arg, uint64_t from, uint64_t upto, const char *broken);
void links_cursor(void *arg, void *whose, uint64_t cursor);
void links_founded(void *arg, const char *fault);
void links_counted(void *arg, const uint8_t origin[SHARED_ID], struct span name,
	uint32_t number);

#endif
