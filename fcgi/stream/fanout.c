/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/fanout.h"

#include <linux/sockios.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "fcgi/stream/composer.h"
#include "fcgi/stream/latency.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "lib/buf.h"
#include "lib/loop.h"

enum {
	LOOK_US = 200,	     /* between two looks whether a slice was read */
	PATIENCE_US = 20000, /* a slice is taken for read after this: the web
				server has more to do than to read us */
	FEW = 16, /* a fan-out of so few writes is not worth a clock */
};

enum state { IDLE, WRITING, DRAINING, RESTING };

struct fanout {
	struct fanout_parts parts;
	enum state state;
	const struct clock *clock;
	struct loop_turn turn;
	struct timer alarm;
	struct topic *topics; /* due, by next_due */
	struct node waiting;  /* subscribers for the next fan-out */
	struct node due;      /* subscribers of this one */
	uint64_t horizon;     /* window position this one goes up to */
	uint64_t began;	      /* monotonic us */
	uint64_t waited; /* monotonic us since when it waits for the reader */
	bool rung;	 /* the alarm has: on_turn goes on */
	unsigned written;
	unsigned slices; /* written in this fan-out */
	/* Some sockets of each of the last two slices, by its parity; NULL
	 * where a subscriber has gone or is no measure. */
	struct subscriber *sample[2][FANOUT_SAMPLE];
	struct latency latency; /* of the slice that is being written */
};

static void enqueue(struct fanout *fanout, struct subscriber *sub)
{
	if (!list_linked(&sub->due) && subscriber_is_ready(sub))
		list_append(&fanout->due, &sub->due);
}

/* Moves the subscribers of the due channels to the due list. */
static void collect(struct fanout *fanout)
{
	list_move(&fanout->due, &fanout->waiting);
	while (fanout->topics != NULL) {
		struct topic *topic = fanout->topics;
		struct node *node = topic->memberships.next;

		fanout->topics = topic->next_due;
		topic->due = false;
		for (; node != &topic->memberships; node = node->next)
			enqueue(fanout,
				list_entry(node, struct membership, node)->sub);
		topic_tidy(fanout->parts.topics, topic);
	}
}

static bool has_news(const struct fanout *fanout)
{
	return fanout->topics != NULL || !list_empty(&fanout->waiting);
}

static void write_to(struct fanout *fanout, struct subscriber *sub)
{
	size_t at = fanout->written++ % FANOUT_SAMPLE;
	struct subscriber **sample = fanout->sample[fanout->slices % 2];
	uint64_t from = sub->pos;
	bool behind = sub->behind;
	enum pump_result progress;

	list_remove(&sub->due);
	if (!subscriber_is_ready(sub))
		return;
	sample[at] = sub;
	progress = subscriber_pump(sub, fanout->horizon);
	/* One that is behind does not tell how fast the web server reads. */
	if (progress != CAUGHT_UP) {
		sample[at] = NULL;
		if (progress == BELOW)
			sub->home->owner.below(sub);
	} else if (!behind) {
		latency_probe(&fanout->latency, sub, from);
	}
}

static void write_slice(struct fanout *fanout)
{
	uint64_t began = clock_now_us(fanout->clock);
	unsigned before = fanout->written;

	latency_begin(&fanout->latency);
	for (size_t i = 0; i < FANOUT_SAMPLE; i++)
		fanout->sample[fanout->slices % 2][i] = NULL;
	for (int i = 0; i < FANOUT_SLICE && !list_empty(&fanout->due); i++)
		write_to(fanout,
			list_entry(fanout->due.next, struct subscriber, due));
	fanout->slices++;
	latency_end(&fanout->latency, fanout->parts.window,
		fanout->parts.counters,
		(began + clock_now_us(fanout->clock)) / 2,
		fanout->written - before);
}

/* True if at least half of the slice's sample has been read. */
static bool is_read(const struct fanout *fanout, unsigned slice)
{
	int asked = 0;
	int empty = 0;

	for (size_t i = 0; i < FANOUT_SAMPLE; i++) {
		const struct subscriber *sub = fanout->sample[slice % 2][i];
		int unread = 0;

		if (sub == NULL)
			continue;
		asked++;
		if (ioctl(loop_io_fd(&sub->watch), SIOCOUTQ, &unread) < 0 ||
			unread == 0)
			empty++;
	}
	return 2 * empty >= asked;
}

static void set_alarm(struct fanout *fanout, uint64_t us)
{
	timer_set(loop_timers(fanout->parts.loop), &fanout->alarm, us, 0);
}

/* Looks at a slice; if it is still unread the alarm looks again. */
static bool may_go_on(struct fanout *fanout, unsigned slice)
{
	uint64_t now = clock_now_us(fanout->clock);

	if (fanout->waited == 0)
		fanout->waited = now;
	if (!is_read(fanout, slice) && now - fanout->waited < PATIENCE_US) {
		set_alarm(fanout, LOOK_US);
		return false;
	}
	fanout->waited = 0;
	return true;
}

static void rest(struct fanout *fanout)
{
	uint64_t took = clock_now_us(fanout->clock) - fanout->began;
	uint64_t most = fanout->parts.rest_ms * 1000;

	if (has_news(fanout)) {
		fanout->state = RESTING;
		set_alarm(fanout, took < most ? took : most);
	} else {
		fanout->state = IDLE;
	}
}

/* ---- the states: each does what it can now, and sets the alarm or moves on */

static void draining(struct fanout *fanout)
{
	if (fanout->written <= FEW || may_go_on(fanout, fanout->slices - 1))
		rest(fanout);
}

static void writing(struct fanout *fanout)
{
	/* The slice before the last has the parity of the next. */
	if (fanout->slices >= 2 && !may_go_on(fanout, fanout->slices))
		return;
	write_slice(fanout);
	if (list_empty(&fanout->due)) {
		fanout->state = DRAINING;
		draining(fanout);
		return;
	}
	set_alarm(fanout, 0);
	sched_yield();
}

static void start(struct fanout *fanout)
{
	fanout->began = clock_now_us(fanout->clock);
	fanout->waited = 0;
	fanout->horizon = window_end(fanout->parts.window);
	fanout->written = fanout->slices = 0;
	collect(fanout);
	if (list_empty(&fanout->due))
		return;
	fanout->state = WRITING;
	writing(fanout);
}

static void ring(void *arg)
{
	struct fanout *fanout = arg;

	fanout->rung = true;
}

static void go_on(struct fanout *fanout)
{
	switch (fanout->state) {
	case IDLE:
		break;
	case WRITING:
		writing(fanout);
		break;
	case DRAINING:
		draining(fanout);
		break;
	case RESTING:
		fanout->state = IDLE;
		break;
	}
}

/* Once a turn of the loop, after all that has arrived was read and what it
 * asks of the hub was sent: events that came together leave together, and a
 * POST does not wait for a slice. */
static void on_turn(void *arg)
{
	struct fanout *fanout = arg;

	if (fanout->rung) {
		fanout->rung = false;
		go_on(fanout);
	}
	if (fanout->state == IDLE || fanout->state == RESTING)
		composer_clear(fanout->parts.composer);
	if (fanout->state == IDLE && has_news(fanout))
		start(fanout);
}

struct fanout *fanout_new(const struct fanout_parts *parts)
{
	struct fanout *fanout = mem_new(sizeof(*fanout));

	fanout->parts = *parts;
	list_init(&fanout->waiting);
	list_init(&fanout->due);
	fanout->clock = loop_clock(parts->loop);
	timer_init(&fanout->alarm, ring, fanout);
	loop_turn_init(&fanout->turn, FANOUT_ORDER, on_turn, fanout);
	loop_turn_start(parts->loop, &fanout->turn);
	return fanout;
}

void fanout_free(struct fanout *fanout)
{
	if (fanout == NULL)
		return;
	collect(fanout);
	loop_turn_stop(fanout->parts.loop, &fanout->turn);
	timer_stop(loop_timers(fanout->parts.loop), &fanout->alarm);
	free(fanout);
}

void fanout_topic(struct fanout *fanout, struct topic *topic)
{
	if (topic->due || topic->subscribers == 0)
		return;
	topic->due = true;
	topic->next_due = fanout->topics;
	fanout->topics = topic;
}

void fanout_subscriber(struct fanout *fanout, struct subscriber *sub)
{
	if (!list_linked(&sub->due))
		list_append(&fanout->waiting, &sub->due);
}

void fanout_forget(struct fanout *fanout, struct subscriber *sub)
{
	list_remove(&sub->due);
	for (size_t i = 0; i < FANOUT_SAMPLE; i++)
		for (size_t k = 0; k < 2; k++)
			if (fanout->sample[k][i] == sub)
				fanout->sample[k][i] = NULL;
}
