#include <config.h>

#include "fcgi/fanout.h"

#include <ev.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "fcgi/audience.h"
#include "fcgi/channel.h"
#include "fcgi/parcel.h"
#include "fcgi/responder.h"
#include "fcgi/subscriber.h"
#include "fcgi/window.h"
#include "lib/alarm.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config.h"

enum {
	LOOK_SHARE = 8,	  /* sockets are looked at each eighth of T so far */
	LOOK_MIN_US = 50, /* but no sooner than this */
	LOOK_MAX_US = 2000,
};

enum state { IDLE, WRITING, DRAINING, RESTING };

struct fanout {
	struct responder *responder;
	enum state state;
	struct ev_prepare prepare;
	struct alarm alarm;
	struct channel *channels; /* due, by next_due */
	struct node waiting;	  /* subscribers for the next fan-out */
	struct node due;	  /* subscribers of this one */
	uint64_t horizon;	  /* window position this one goes up to */
	uint64_t began;		  /* monotonic us */
	struct subscriber *last[FANOUT_SAMPLE]; /* written last; NULL if gone */
	unsigned written;
};

static void enqueue(struct fanout *fanout, struct subscriber *sub)
{
	if (!list_linked(&sub->due) && subscriber_is_ready(sub))
		list_append(&fanout->due, &sub->due);
}

/* Moves the subscribers of the due channels to the due list. */
static void collect(struct fanout *fanout)
{
	struct channels *table = audience_channels(fanout->responder->audience);

	list_move(&fanout->due, &fanout->waiting);
	while (fanout->channels != NULL) {
		struct channel *channel = fanout->channels;
		struct node *node = channel->seats.next;

		fanout->channels = channel->next_due;
		channel->due = false;
		for (; node != &channel->seats; node = node->next)
			enqueue(fanout,
				list_entry(node, struct seat, node)->sub);
		channel_tidy(table, channel);
	}
}

static void start(struct fanout *fanout)
{
	fanout->began = clock_mono_us();
	fanout->horizon = window_end(fanout->responder->window);
	fanout->written = 0;
	for (size_t i = 0; i < FANOUT_SAMPLE; i++)
		fanout->last[i] = NULL;
	collect(fanout);
	fanout->state = WRITING;
}

static void drain(struct fanout *fanout)
{
	uint64_t took = clock_mono_us() - fanout->began;
	uint64_t look = took / LOOK_SHARE;

	if (look < LOOK_MIN_US)
		look = LOOK_MIN_US;
	if (look > LOOK_MAX_US)
		look = LOOK_MAX_US;
	fanout->state = DRAINING;
	alarm_set(&fanout->alarm, look);
}

static void write_to(struct fanout *fanout, struct subscriber *sub)
{
	enum progress progress;

	list_remove(&sub->due);
	if (!subscriber_is_ready(sub))
		return;
	fanout->last[fanout->written++ % FANOUT_SAMPLE] = sub;
	progress = subscriber_pump(sub, fanout->horizon);
	if (progress == GONE || progress == CAUGHT_UP)
		return;
	/* Not a socket that tells how fast the web server reads. */
	fanout->last[--fanout->written % FANOUT_SAMPLE] = NULL;
}

static void write_slice(struct fanout *fanout)
{
	for (int i = 0; i < FANOUT_SLICE && !list_empty(&fanout->due); i++)
		write_to(fanout,
			list_entry(fanout->due.next, struct subscriber, due));
	if (list_empty(&fanout->due)) {
		parcels_clear(audience_parcels(fanout->responder->audience));
		drain(fanout);
	} else {
		alarm_set(&fanout->alarm, 0);
	}
	sched_yield();
}

/* True if at least half of the sample has been read. */
static bool is_read(const struct fanout *fanout)
{
	int asked = 0;
	int empty = 0;

	for (size_t i = 0; i < FANOUT_SAMPLE; i++) {
		int unread = 0;

		if (fanout->last[i] == NULL)
			continue;
		asked++;
		if (ioctl(fanout->last[i]->watch.fd, SIOCOUTQ, &unread) < 0 ||
			unread == 0)
			empty++;
	}
	return 2 * empty >= asked;
}

static void look(struct fanout *fanout)
{
	uint64_t took = clock_mono_us() - fanout->began;
	uint64_t most = fanout->responder->config->rest_ms * 1000;

	if (!is_read(fanout) && took < 2 * most) {
		drain(fanout);
		return;
	}
	fanout->state = RESTING;
	alarm_set(&fanout->alarm, took < most ? took : most);
}

static void ring(void *owner)
{
	struct fanout *fanout = owner;

	switch (fanout->state) {
	case IDLE:
		break;
	case WRITING:
		write_slice(fanout);
		break;
	case DRAINING:
		look(fanout);
		break;
	case RESTING:
		fanout->state = IDLE; /* prepare starts the next one */
		break;
	}
}

/* Once a turn of the loop, after all that has arrived was read: events that
 * came together leave together. */
static void prepare(struct ev_loop *loop, struct ev_prepare *watch, int events)
{
	struct fanout *fanout = watch->data;

	(void)loop;
	(void)events;
	if (fanout->state != IDLE ||
		(fanout->channels == NULL && list_empty(&fanout->waiting)))
		return;
	start(fanout);
	if (list_empty(&fanout->due))
		fanout->state = IDLE;
	else
		write_slice(fanout);
}

struct fanout *fanout_new(struct responder *responder)
{
	struct fanout *fanout = mem_new(sizeof(*fanout));

	fanout->responder = responder;
	list_init(&fanout->waiting);
	list_init(&fanout->due);
	alarm_init(&fanout->alarm, responder->loop, ring, fanout);
	ev_prepare_init(&fanout->prepare, prepare);
	fanout->prepare.data = fanout;
	ev_prepare_start(responder->loop, &fanout->prepare);
	return fanout;
}

void fanout_free(struct fanout *fanout)
{
	if (fanout == NULL)
		return;
	collect(fanout);
	ev_prepare_stop(fanout->responder->loop, &fanout->prepare);
	alarm_release(&fanout->alarm);
	free(fanout);
}

void fanout_channel(struct fanout *fanout, struct channel *channel)
{
	if (channel->due || channel->subscribers == 0)
		return;
	channel->due = true;
	channel->next_due = fanout->channels;
	fanout->channels = channel;
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
		if (fanout->last[i] == sub)
			fanout->last[i] = NULL;
}
