#include <config.h>

#include "fcgi/uplink.h"

#include <stdlib.h>
#include <sys/random.h>

#include "fcgi/answers.h"
#include "fcgi/dialogue.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/link.h"
#include "lib/log.h"
#include "lib/sock.h"

enum {
	RETRY_MIN_MS = 20,
	RETRY_MAX_MS = 500,
	TICK_MS = 100,	     /* deadlines are looked at this often */
	LONE_TICK_MS = 1000, /* by a thousand processes at once */
	PING_US = 1000000,
};

struct uplink {
	struct ev_loop *loop;
	const char *socket;
	struct dialogue dialogue;
	struct link link;
	struct ev_timer retry;
	struct ev_timer tick;
	struct ev_prepare prepare;
	uint64_t heard; /* monotonic us of the last frame */
	uint64_t pinged;
	unsigned retry_ms;
};

/* ---- frames out; all of one turn of the loop in one system call */

static void send_frame(void *owner, struct span frame)
{
	struct uplink *uplink = owner;

	if (uplink->dialogue.state >= FILLING)
		link_queue(&uplink->link, frame);
}

static void prepare(struct ev_loop *loop, struct ev_prepare *watch, int events)
{
	struct uplink *uplink = watch->data;

	(void)loop;
	(void)events;
	if (uplink->dialogue.state != HUB_AWAY &&
		link_pending(&uplink->link) > 0)
		link_flush(&uplink->link);
}

/* ---- coming and going */

static void on_frame(void *owner, uint8_t type, struct span body)
{
	struct uplink *uplink = owner;

	uplink->heard = clock_mono_us();
	if (type == WIRE_WELCOME)
		uplink->retry_ms = RETRY_MIN_MS;
	if (!dialogue_frame(&uplink->dialogue, type, body))
		link_close(&uplink->link, "a malformed frame");
}

static void on_closed(void *owner, const char *why)
{
	struct uplink *uplink = owner;

	if (uplink->dialogue.state > GREETING || why != NULL)
		log_warnx("uplink: the hub is away%s%s",
			why == NULL ? "" : ": ", why == NULL ? "" : why);
	uplink->dialogue.state = HUB_AWAY;
	ev_timer_set(&uplink->retry, uplink->retry_ms / 1e3, 0.);
	ev_timer_start(uplink->loop, &uplink->retry);
	uplink->retry_ms *= 2;
	if (uplink->retry_ms > RETRY_MAX_MS)
		uplink->retry_ms = RETRY_MAX_MS;
	uplink->dialogue.sink.lost(uplink->dialogue.sink.arg);
}

static void on_end(void *owner, const char *why)
{
	(void)owner;
	(void)why;
}

static void connect_now(struct uplink *uplink)
{
	int fd = sock_connect(uplink->socket);

	if (fd < 0) {
		on_closed(uplink, NULL);
		return;
	}
	uplink->dialogue.state = GREETING;
	uplink->heard = uplink->pinged = clock_mono_us();
	link_open(&uplink->link, uplink->loop, fd);
	dialogue_hello(&uplink->dialogue);
}

static void retry(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	connect_now(timer->data);
}

static void tick(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct uplink *uplink = timer->data;
	uint64_t now = clock_mono_us();

	(void)loop;
	(void)events;
	answers_expire(uplink->dialogue.answers, now);
	if (uplink->dialogue.state == HUB_AWAY)
		return;
	if (now - uplink->heard > UPLINK_SILENCE_MS * 1000ull) {
		link_close(&uplink->link, "it has said nothing for too long");
	} else if (now - uplink->pinged >= PING_US &&
		   uplink->dialogue.state > GREETING) {
		uplink->pinged = now;
		dialogue_ping(&uplink->dialogue);
	}
}

struct uplink *uplink_new(
	struct ev_loop *loop, const struct uplink_settings *settings)
{
	struct uplink *uplink = mem_new(sizeof(*uplink));
	double beat = (settings->lone ? LONE_TICK_MS : TICK_MS) / 1e3;

	uplink->loop = loop;
	uplink->socket = settings->socket;
	uplink->dialogue.fill = settings->fill;
	uplink->dialogue.link = &uplink->link;
	while (uplink->dialogue.source == 0)
		if (getrandom(&uplink->dialogue.source,
			    sizeof(uplink->dialogue.source), 0) < 0)
			log_fatal("uplink: getrandom");
	uplink->dialogue.answers = answers_new(send_frame, uplink);
	uplink->retry_ms = RETRY_MIN_MS;
	uplink->link.fd = -1;
	uplink->link.owner = uplink;
	uplink->link.frame = on_frame;
	uplink->link.closed = on_closed;
	ev_init(&uplink->retry, retry);
	ev_timer_init(&uplink->tick, tick, beat, beat);
	ev_prepare_init(&uplink->prepare, prepare);
	uplink->retry.data = uplink->tick.data = uplink->prepare.data = uplink;
	return uplink;
}

void uplink_start(struct uplink *uplink, const struct uplink_sink *sink)
{
	uplink->dialogue.sink = *sink;
	ev_timer_start(uplink->loop, &uplink->tick);
	ev_prepare_start(uplink->loop, &uplink->prepare);
	ev_timer_set(&uplink->retry, 0., 0.);
	ev_timer_start(uplink->loop, &uplink->retry);
}

void uplink_farewell(struct uplink *uplink)
{
	uplink->link.closed = on_end;
	if (uplink->dialogue.state >= FILLING) {
		dialogue_measured(&uplink->dialogue);
		link_flush(&uplink->link);
	}
}

void uplink_free(struct uplink *uplink)
{
	if (uplink == NULL)
		return;
	uplink->link.closed = on_end;
	link_close(&uplink->link, NULL);
	ev_timer_stop(uplink->loop, &uplink->retry);
	ev_timer_stop(uplink->loop, &uplink->tick);
	ev_prepare_stop(uplink->loop, &uplink->prepare);
	dialogue_release(&uplink->dialogue);
	free(uplink);
}

const struct dialogue *uplink_dialogue(const struct uplink *uplink)
{
	return &uplink->dialogue;
}
