#include <config.h>

#include "fcgi/departure.h"

#include <stdlib.h>

#include "fcgi/accept.h"
#include "fcgi/admit.h"
#include "fcgi/audience.h"
#include "fcgi/parcel.h"
#include "fcgi/subscriber.h"
#include "fcgi/tasks.h"
#include "lib/buf.h"

struct departure {
	struct departure_parts parts;
	struct timer tick;
	unsigned left; /* streams to be ended in this tick */
};

/* Who is ready has everything that we have, and its browser knows the id. */
static void end_one(void *arg, struct subscriber *sub)
{
	struct departure *departure = arg;
	struct buf text = {0};
	struct parcel *parcel;

	if (departure->left == 0 || !subscriber_is_ready(sub))
		return;
	departure->left--;
	buf_printf(&text, "retry: %ld\n\n",
		DEPARTURE_RETRY + random() % DEPARTURE_RETRY);
	parcel = parcel_new(sub->request, buf_span(&text));
	buf_release(&text);
	if (subscriber_give(sub, parcel) == CAUGHT_UP)
		subscriber_close(sub);
}

static void on_tick(void *arg)
{
	struct departure *departure = arg;

	departure->left = DEPARTURE_PIECE;
	audience_each(departure->parts.audience, end_one, departure);
}

struct departure *departure_new(const struct departure_parts *parts)
{
	struct departure *departure = mem_new(sizeof(*departure));

	departure->parts = *parts;
	timer_init(&departure->tick, on_tick, departure);
	return departure;
}

void departure_free(struct departure *departure)
{
	timer_stop(departure->parts.timers, &departure->tick);
	free(departure);
}

void departure_begin(struct departure *departure)
{
	const struct departure_parts *parts = &departure->parts;

	parts->admit->shut = true;
	gate_shut(parts->gate);
	tasks_drain(parts->tasks);
	timer_set(parts->timers, &departure->tick, 0,
		DEPARTURE_TICK_MS * 1000ull);
}
