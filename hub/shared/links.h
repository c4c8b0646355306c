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
#include "hub/shared/shared.h"
#include "hub/shared/trim.h"

enum {
	LINKS_BEAT_MS = 1000,
	LINKS_QUIET_MS = 3000, /* at most: so long without a word is away */
	LINKS_LOOK_BEATS = 10, /* after so many its settings are looked at */
	LINKS_SAY_AGAIN_MS = 10000, /* a log line for another sentence */
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
	enum links_phase phase;
	bool quiet; /* here, but it does not answer */
	bool evicts, said_aof;
	bool beats_heard; /* state is to be told once a second */
	unsigned beats;
	struct timer beat;
	struct shared_state state;
	struct buf sentence, scratch;
	uint64_t said_us;
};

void links_open(struct shared *shared, const struct redis *redis);
void links_close(struct shared *shared);

#endif
