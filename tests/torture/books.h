/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_TORTURE_BOOKS_H
#define TIDINGS_TESTS_TORTURE_BOOKS_H
/*
 * books - what one subscriber saw, over all its connections
 *
 * Bytes of the body in, ids and sums of whole events out; of an event that a
 * cut left without its blank line nothing is kept, as in a browser.  A cut may
 * be wanted at a place that only the body shows.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cut_at {
	CUT_NEVER,
	CUT_BYTES,	 /* after so many bytes of the body */
	CUT_EVENTS,	 /* so many events after `connected` */
	CUT_BEFORE_LIVE, /* `live` has arrived, and was not read any more */
	CUT_AFTER_LIVE,	 /* so many events after `live` */
};

struct cut {
	enum cut_at at;
	uint32_t count;
};

/* How far a connection has come. */
enum place { UNANSWERED, REPLAYING, HANDED_OVER, LIVE, PLACES };

enum { BOOKS_CHANNELS = 64 };

struct books {
	bool keep; /* ids and sums, not only their order */
	uint64_t start;
	uint64_t last_id; /* what Last-Event-ID would be */
	uint64_t seen;	  /* newest event of a publisher */
	uint64_t count, room;
	uint64_t *ids, *sums;
	uint32_t resets;
	uint32_t disorder; /* ids that did not rise */
	uint32_t breaks;   /* numbers of a channel that did not follow, after no
			    * reset */
	uint32_t next[BOOKS_CHANNELS];
	/* of this connection */
	enum place place;
	struct cut cut;
	uint32_t bytes, events;
	size_t len, size;
	char *text; /* what has no blank line yet */
};

/* A new connection, to be cut there. */
void books_begin(struct books *books, struct cut cut);
/* False: now is the time to cut. */
bool books_read(struct books *books, const char *at, size_t len);
/* Appends ids, then sums. */
void books_write(const struct books *books, FILE *file);
void books_release(struct books *books);

#endif
