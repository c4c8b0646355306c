#ifndef TIDINGS_METRICS_H
#define TIDINGS_METRICS_H
/*
 * metrics - GET /metrics: a stream of samples, or text for Prometheus
 *
 * Whoever names text/plain or OpenMetrics in Accept and not text/event-stream
 * is a scraper; everybody else, curl and EventSource among them, gets the
 * stream.
 */
#include "fcgi/route.h"

void metrics_show(struct responder *responder, struct request *request,
	const struct aim *aim);

#endif
