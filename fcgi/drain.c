/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/drain.h"

#include <stdlib.h>

#include "fcgi/history/history.h"
#include "fcgi/http/accept.h"
#include "fcgi/stream/admit.h"
#include "fcgi/stream/audience.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/notice.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/tasks.h"
#include "fcgi/stream/window.h"
#include "lib/buf.h"

struct drain {
	struct drain_parts parts;
	struct timer tick;
	unsigned left; /* streams to be ended in this tick */
};

/* Everything that we have; then its cursor is as new as can be.  False if it is
 * in the middle of something now, or gone. */
static bool has_everything(struct subscriber *sub)
{
	enum pump_result progress =
		subscriber_pump(sub, window_end(sub->home->window));

	if (progress == BELOW)
		sub->home->owner.below(sub);
	return progress == CAUGHT_UP;
}

static void end_one(void *arg, struct subscriber *sub)
{
	struct drain *drain = arg;
	struct batch *batch;

	if (drain->left == 0 || !subscriber_is_ready(sub))
		return;
	drain->left--;
	if (!has_everything(sub))
		return;
	batch = notice_parting(
		sub, (uint64_t)(DRAIN_RETRY + random() % DRAIN_RETRY));
	if (subscriber_give(sub, batch) == CAUGHT_UP)
		subscriber_close(sub);
}

static void on_tick(void *arg)
{
	struct drain *drain = arg;

	drain->left = DRAIN_PIECE;
	audience_each(drain->parts.audience, end_one, drain);
}

struct drain *drain_new(const struct drain_parts *parts)
{
	struct drain *drain = mem_new(sizeof(*drain));

	drain->parts = *parts;
	timer_init(&drain->tick, on_tick, drain);
	return drain;
}

void drain_free(struct drain *drain)
{
	timer_stop(drain->parts.timers, &drain->tick);
	free(drain);
}

void drain_begin(struct drain *drain)
{
	const struct drain_parts *parts = &drain->parts;

	parts->admit->shut = true;
	acceptor_shut(parts->acceptor);
	tasks_drain(parts->tasks);
	history_drain(parts->history);
	timer_set(parts->timers, &drain->tick, 0, DRAIN_TICK_MS * 1000ull);
}
