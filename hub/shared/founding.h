/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_FOUNDING_H
#define TIDINGS_HUB_SHARED_FOUNDING_H
/*
 * founding - a log is written into a Redis that has nothing
 *
 * In steps, each after the one before; whose order it is comes last, so that
 * one that was broken off is begun anew.  On a link of its own, since nothing
 * else can be asked meanwhile.
 */
#include "hub/shared/conn.h"
#include "hub/shared/script.h"
#include "hub/shared/shared.h"

enum {
	FOUNDING_MOST = 256,	  /* entries, keys or cursors of a step */
	FOUNDING_BYTES = 1 << 20, /* of entries, about */
};

struct founding {
	struct conn *conn; /* borrowed */
	const char *prefix;
	uint8_t origin[SHARED_ID];
	uint64_t key_age_ms;
	void (*done)(void *arg, const char *fault);
	void *arg;
	const struct shared_founding *what; /* NULL: none is under way */
	enum {
		FOUNDING_BEGIN,
		FOUNDING_ENTRIES,
		FOUNDING_KEYS,
		FOUNDING_CURSORS,
		FOUNDING_END,
	} step;
	bool more;	 /* of the step */
	bool whole;	 /* nothing is cut between these */
	uint64_t before; /* id of the last entry or hole */
	struct shared_hole hole; /* the next one; all zero = there is none */
	uint64_t at;	 /* its time */
	struct buf words, command, fault;
	size_t word_count;
};

void founding_init(struct founding *founding, struct conn *conn,
	const struct shared_options *options, const char *prefix,
	void (*done)(void *arg, const char *fault), void *arg);
void founding_release(struct founding *founding);

void founding_begin(
	struct founding *founding, const struct shared_founding *what);
/* The link has ended. */
void founding_lost(struct founding *founding, const char *why);

#endif
