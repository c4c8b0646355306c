/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_SCRAPE_H
#define TIDINGS_CLIENT_SHOW_SCRAPE_H
/*
 * scrape - the server's figures at one moment, from GET /metrics
 *
 * They are read from the text that the hub writes for Prometheus (Metrics in
 * docs/http-api.md).  Pure, but for scrape_ask.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/exit_status.h"
#include "client/http/http.h"
#include "lib/span.h"

enum { SCRAPE_BOUNDS = 32 };

/* A histogram: how many took at most `seconds`, in rising order. */
struct scrape_curve {
	double seconds[SCRAPE_BOUNDS], count[SCRAPE_BOUNDS];
	size_t bounds;
};

struct scrape {
	uint64_t at; /* monotonic us, when it was asked for */
	double subscribers, responders;
	double events, live, replayed;	      /* since the start */
	double good, moved, wrong, failed;    /* answers: 2xx 3xx 4xx 5xx */
	double log_events, log_bytes, newest; /* newest: an id, below 2^53 */
	double writable;		      /* 1 or 0 */
	double began;			      /* Unix time, s */
	/* Streams that are there, their joins and leaves since the start, and
	 * of how many of these it is told later; all 0 if it is not said. */
	double there, joins, leaves, told_later;
	struct scrape_curve latency, commits;
};

/* False unless `text` has all of these figures but those of who is there, and
 * each can be read; of the curves there may be none. */
bool scrape_read(struct scrape *scrape, struct span text);

/* The time, in ms, that `part` (0 to 1) of those counted since `before` (NULL =
 * since the start) did not exceed; negative if none was counted. */
double scrape_quantile(const struct scrape_curve *now,
	const struct scrape_curve *before, double part);

/* Asks the server and reads the figures.  False if that failed: `answer` is not
 * EXIT_OK, or its figures cannot be read. */
bool scrape_ask(
	struct http *http, struct http_answer *answer, struct scrape *scrape);

#endif
