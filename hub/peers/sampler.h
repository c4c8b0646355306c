/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_SAMPLER_H
#define TIDINGS_HUB_PEERS_SAMPLER_H
/*
 * sampler - figures about everything, every two seconds
 *
 * A beat asks each follower what has happened there (MEASURE); a moment later a
 * sample is made of the reports that have come, and of what the hub knows by
 * itself, and goes to whoever listens on channel `metrics`: a volatile event,
 * so no disk is woken.  The last of them are kept (samples.h).
 *
 * A report is what happened since the last one, with the time that it covers:
 * rates are the sum of what each responder did in its own time, totals only
 * grow.  So one that starts, stops or was away for a while bends nothing.  One
 * that does not answer is not in the sample; its streams are counted until its
 * connection ends.  What those have done that have left meanwhile is spread
 * over the time since the last sample.  Volatile events are counted nowhere.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/ledger.h"
#include "hub/peers/machine.h"
#include "hub/peers/peer.h"
#include "hub/peers/samples.h"
#include "lib/histogram.h"
#include "lib/loop.h"
#include "lib/wire.h"

enum {
	SAMPLER_PATIENCE_MS = 200, /* reports that come later are in the next
				    sample */
};

struct sampler {
	struct ledger *ledger; /* mentions samples there */
	const struct clock *clock;
	struct peers *peers;
	struct timer beat, sample;
	uint64_t sampled; /* monotonic us of the last sample */
	uint64_t began;	  /* ms since 1970 */
	struct machine machine;
	uint64_t events;  /* stored since the start, as of the last sample */
	struct work work; /* of all responders, since the start */
	struct work departed;	  /* of those that left since the last sample */
	struct histogram latency; /* since the start */
	struct histogram latency_now; /* since the last sample */
	struct buf text;
	struct samples samples; /* the last ones */
};

void sampler_open(
	struct sampler *sampler, struct ledger *ledger, struct peers *peers);
void sampler_close(struct sampler *sampler);

/* A stats report (MEASURED) came; false if malformed. */
bool sampler_take_report(
	struct sampler *sampler, struct peer *peer, struct wire_in *in);
/* It is about to be freed. */
void sampler_depart(struct sampler *sampler, struct peer *peer);

/* Appends the samples of the last minutes (samples.h). */
void sampler_put_samples(const struct sampler *sampler, struct buf *out);

/* Files of keys that are bad, by the responder that has most of them: they all
 * read the same. */
uint32_t sampler_bad_keys(const struct sampler *sampler);
/* Followers, and the streams that they hold. */
uint32_t sampler_responders(const struct sampler *sampler);
uint64_t sampler_subscribers(const struct sampler *sampler);

#endif
