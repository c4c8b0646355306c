/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_POSTERS_H
#define TIDINGS_CLIENT_VERB_POSTERS_H
/*
 * posters - publishers of a load test, each of which waits for its answer
 *
 * An event begins with its publisher, its number from 0 and the time at which
 * it was sent (monotonic us), and is filled up with dots.
 */
#include <stddef.h>
#include <stdint.h>

#include "client/http/http.h"
#include "lib/buf.h"

enum { POSTERS_MAX = 64 };

struct poster {
	struct transfer *transfer; /* NULL = idle */
	struct http_request request;
	struct http_answer answer;
	struct buf body;
	uint32_t sent;
};

/* The first four are set by the caller, and `path` (terminated). */
struct posters {
	struct http *http;
	size_t count;
	uint64_t rate; /* events a second of all together; 0 = no limit */
	uint64_t size; /* bytes of an event */
	struct buf path;
	struct poster all[POSTERS_MAX];
	uint64_t sent, stored, refused;
	uint64_t began, ended;	 /* monotonic us */
	void (*turn)(void *arg); /* called again and again; may be NULL */
	void *arg;
};

/* Publishes for `ms`, then waits for the answers that are due; a signal ends
 * the publishing early. */
void posters_run(struct posters *posters, uint64_t ms);
void posters_release(struct posters *posters);

#endif
