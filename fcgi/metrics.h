#ifndef TIDINGS_METRICS_H
#define TIDINGS_METRICS_H
/*
 * metrics - GET /metrics: a stream of samples, or text for Prometheus
 *
 * Whoever names text/plain or OpenMetrics in Accept and not text/event-stream
 * is a scraper; everybody else, curl and EventSource among them, gets the
 * stream.
 */
#include "fcgi/request.h"

struct answers;
struct askers;

/* The verb's room; plain data, borrows all of it. */
struct metrics {
	verb *listen; /* opens the stream ... */
	void *listen_room;
	struct answers *answers;
	struct askers *askers;
};

verb metrics_show;

#endif
