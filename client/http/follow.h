/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_FOLLOW_H
#define TIDINGS_CLIENT_HTTP_FOLLOW_H
/*
 * follow - some channels and patterns, for as long as it takes
 *
 *   CONNECTING  a stream was asked for
 *   REPLAYING   it has begun below the newest event
 *   LIVE        it has caught up
 *   WAITING     it ended; the next is due
 *
 * A cut is followed by another stream with the last id, forever: only the
 * caller, a signal, a deadline, a server that never answered a first time, or
 * an event that cannot be read end it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/exit_status.h"
#include "lib/buf.h"
#include "lib/span.h"

struct http;

struct follow_event {
	struct span id; /* empty = volatile */
	struct span type, channel, data;
	struct span at; /* when it was published; empty = the server is too old
			   to say so */
	bool replayed;	/* it came before the stream had caught up */
};

/* Any answer but FOLLOW_ON ends everything. */
enum follow_word { FOLLOW_ON, FOLLOW_DONE, FOLLOW_FAILED };

struct follower {
	enum follow_word (*event)(void *arg, const struct follow_event *event);
	/* `id` is where the stream really goes on. */
	enum follow_word (*gap)(void *arg, struct span id);
	/* The stream has begun at `id`; told for each connection. */
	enum follow_word (*begun)(void *arg, struct span id);
	/* It has caught up, or there was nothing to catch up with. */
	enum follow_word (*live)(void *arg);
	void *arg;
};

struct follow {
	const char *const *channels; /* borrowed */
	size_t count;
	const struct span *patterns; /* borrowed */
	size_t pattern_count;
	const struct span *types; /* of events, that are wanted; borrowed */
	size_t type_count;	  /* 0 = all */
	const char *since;	  /* where to begin without an id; NULL = now */
	struct span id;		  /* where to begin; beats `since`; borrowed */
	bool wait;		  /* also for a server that never answered */
	uint64_t deadline_ms;	  /* for the whole; 0 = none */
};

/* Returns EXIT_OK after FOLLOW_DONE or a signal, EXIT_FAILED after
 * FOLLOW_FAILED (the caller knows why), EXIT_TIMEOUT, or another exit status
 * after a sentence; the follower then was not told of the faulty event, nor of
 * any behind it. */
enum exit_status follow_run(struct http *http, const struct follow *follow,
	const struct follower *follower);

#endif
