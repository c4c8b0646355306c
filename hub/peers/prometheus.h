/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PROMETHEUS_H
#define TIDINGS_HUB_PEERS_PROMETHEUS_H
/*
 * prometheus - what has been measured, as text for Prometheus
 *
 * One table of families (metrics_text.h), of what the ledger and the sampler
 * know, one of presence and one of inboxes.  Figures of responders are as of
 * their last report.
 */
#include <stdbool.h>

#include "hub/peers/inbox.h"
#include "hub/peers/sampler.h"

struct presence;

/* Whom it asks; borrowed. */
struct prometheus_sources {
	const struct ledger *ledger;
	const struct sampler *sampler;
	const struct presence *presence;
	const struct inboxes *inboxes;
};

/* Appends all figures, as text for Prometheus or, `open`, as OpenMetrics. */
void prometheus_put(
	const struct prometheus_sources *sources, struct buf *out, bool open);

#endif
