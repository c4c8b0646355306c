#ifndef TIDINGS_EXPOSITION_H
#define TIDINGS_EXPOSITION_H
/*
 * exposition - what has been measured, as text for Prometheus
 *
 * One table of metric families makes both forms: the text format 0.0.4 and
 * OpenMetrics 1.0.0.  Figures of responders are as of their last report.
 */
#include <stdbool.h>

#include "hub/meter.h"

/* METRICS came: answers METERED; false if malformed. */
bool exposition_ask(
	const struct meter *meter, struct peer *peer, struct wire_in *in);

#endif
