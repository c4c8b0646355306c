/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_METRICS_H
#define TIDINGS_FCGI_METRICS_H
/*
 * metrics - GET /metrics: a stream of samples, or text for Prometheus
 *
 * Whoever names text/plain or OpenMetrics in Accept and not text/event-stream
 * is a scraper; everybody else, curl and EventSource among them, gets the
 * stream.
 */
#include "fcgi/http/request.h"

struct deferrals;
struct questions;

/* The handler's room; plain data, borrows all of it. */
struct metrics {
	handler *listen; /* opens the stream ... */
	void *listen_room;
	struct questions *questions;
	struct deferrals *deferrals;
};

handler metrics_show;

#endif
