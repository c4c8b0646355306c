#ifndef TIDINGS_METER_H
#define TIDINGS_METER_H
/*
 * meter - figures about everything, every two seconds
 *
 * A beat asks each follower what has happened there (MEASURE); a moment later a
 * sample is made of the reports that have come, and of what the hub knows by
 * itself, and goes to whoever listens on channel `metrics`: a volatile event,
 * so no disk is woken.
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

#include "hub/ledger.h"
#include "hub/machine.h"
#include "hub/peer.h"
#include "lib/histogram.h"
#include "lib/loop.h"
#include "lib/wire.h"

enum {
	METER_PATIENCE_MS = 200, /* reports that come later are in the next
				    sample */
};

struct meter {
	struct ledger *ledger;
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
};

void meter_open(
	struct meter *meter, struct ledger *ledger, struct peers *peers);
void meter_close(struct meter *meter);

/* MEASURED came; false if malformed. */
bool meter_measured(struct meter *meter, struct peer *peer, struct wire_in *in);
/* It is about to be freed. */
void meter_depart(struct meter *meter, struct peer *peer);

/* Followers, and the streams that they hold. */
uint32_t meter_responders(const struct meter *meter);
uint64_t meter_subscribers(const struct meter *meter);

#endif
