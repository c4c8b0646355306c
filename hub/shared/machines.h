/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_MACHINES_H
#define TIDINGS_HUB_SHARED_MACHINES_H
/*
 * machines - who is there
 *
 * Each hub says so once a second, and how far its log goes.  One that has been
 * silent for MACHINES_GONE_MS has left.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/shared/conn.h"
#include "hub/shared/script.h"
#include "hub/shared/shared.h"
#include "lib/buf.h"

enum {
	MACHINES_GONE_MS = 10000,
	MACHINES_MAX = 1000, /* that are heard of */
};

struct machine {
	uint8_t origin[SHARED_ID];
	uint64_t newest;
	uint64_t version; /* of its tally */
	uint64_t blind;	  /* shared_blind() */
};

struct machines {
	struct conn *conn; /* borrowed */
	const char *prefix;
	uint8_t origin[SHARED_ID];
	struct script script;
	struct buf there; /* struct machine */
	bool asked;
	uint64_t since_us; /* of them all has been heard; 0 = not yet */
	uint64_t blind;	   /* this one's */
	/* Once they are known: after each machines_beat(). */
	void (*heard)(void *arg);
	void (*left)(void *arg, const uint8_t origin[SHARED_ID]);
	void *arg;
};

void machines_init(struct machines *machines, struct conn *conn,
	const struct shared_options *options, const char *prefix);
void machines_release(struct machines *machines);

/* Another link. */
void machines_linked(struct machines *machines);
/* This one is there, its log goes up to `newest`, its tally has that version.
 */
void machines_beat(
	struct machines *machines, uint64_t newest, uint64_t version);
/* Nothing has been heard for long: they count as gone. */
void machines_forget(struct machines *machines);
/* As shared_there(), at that time, monotonic us. */
enum shared_there machines_there(const struct machines *machines,
	const uint8_t origin[SHARED_ID], uint64_t now_us);
/* The highest of those that are there. */
uint64_t machines_blind(const struct machines *machines);

const struct machine *machines_all(
	const struct machines *machines, size_t *count);
size_t machines_count(const struct machines *machines);
/* Of those that are there this one's log is the newest; of equals, the one
 * whose origin is lowest. */
bool machines_is_newest(const struct machines *machines);

#endif
