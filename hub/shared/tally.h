/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_TALLY_H
#define TIDINGS_HUB_SHARED_TALLY_H
/*
 * tally - how many listen to what on each machine
 *
 * Each hub writes its own numbers into a hash of its own, which ends with it
 * (TALLY_AGE_MS), and says by a version when they have changed; the others read
 * it then, and are told what has.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/shared/conn.h"
#include "hub/shared/shared.h"
#include "lib/list.h"
#include "lib/table.h"

enum {
	TALLY_MAX = 10000, /* names of a machine; those beyond are not told */
	TALLY_AGE_MS = 10000,
	TALLY_STEP = 500, /* names in one command */
};

struct tally {
	struct conn *conn; /* borrowed */
	const char *prefix;
	uint8_t origin[SHARED_ID];
	struct table own;    /* struct told */
	struct node changed; /* of these, those to be written */
	struct node others;  /* struct other */
	bool whole;	     /* all is to be written */
	uint64_t version;
	void (*counted)(void *arg, const uint8_t origin[SHARED_ID],
		struct span name, uint32_t number);
	void *arg;
};

void tally_init(struct tally *tally, struct conn *conn,
	const struct shared_options *options, const char *prefix,
	uint64_t version);
void tally_release(struct tally *tally);

/* So many listen to `name` here. */
void tally_set(struct tally *tally, struct span name, uint32_t number);
/* Writes what has changed. */
void tally_beat(struct tally *tally);

/* Another link: all is written anew. */
void tally_linked(struct tally *tally);
/* That machine's numbers have this version; it has left. */
void tally_hear(
	struct tally *tally, const uint8_t origin[SHARED_ID], uint64_t version);
void tally_left(struct tally *tally, const uint8_t origin[SHARED_ID]);

#endif
