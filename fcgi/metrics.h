/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_METRICS_H
#define TIDINGS_FCGI_METRICS_H
/*
 * metrics - GET /metrics: a stream of samples, those of the last minutes, or text
 * for Prometheus
 *
 * Whoever names text/plain or OpenMetrics in Accept and not text/event-stream
 * is a scraper; who names application/json instead wants to know what he would
 * have heard in the last three minutes; everybody else, curl and EventSource
 * among them, gets the stream.
 */
#include "fcgi/http/request.h"

struct access;
struct deferrals;
struct questions;
struct replies;

/* The handler's room; plain data, borrows all of it. */
struct metrics {
	handler *listen; /* opens the stream ... */
	void *listen_room;
	struct access *access;
	struct questions *questions;
	struct deferrals *deferrals;
	struct replies *replies;
};

handler metrics_show;

#endif
