#include <config.h>

#include "fcgi/uplink.h"

#include <stdlib.h>
#include <sys/random.h>

#include "fcgi/answers.h"
#include "fcgi/audience.h"
#include "fcgi/dialogue.h"
#include "fcgi/report.h"
#include "fcgi/responder.h"
#include "fcgi/stream.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config.h"
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
	struct responder *responder;
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
		link_send(&uplink->link, frame);
}

static void prepare(struct ev_loop *loop, struct ev_prepare *watch, int events)
{
	struct uplink *uplink = watch->data;
	struct report *report = audience_report(uplink->responder->audience);
	bool said = uplink->dialogue.state < FILLING;

	(void)loop;
	(void)events;
	if (uplink->dialogue.state == HUB_AWAY)
		return;
	do {
		said = said || report_say(report, &uplink->link);
		if (link_pending(&uplink->link) > 0) {
			link_flush(&uplink->link);
			link_cork(&uplink->link);
		}
	} while (!said && link_pending(&uplink->link) == 0);
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
	if (uplink->dialogue.state > GREETING)
		report_hub_left(audience_report(uplink->responder->audience));
	uplink->dialogue.state = HUB_AWAY;
	ev_timer_set(&uplink->retry, uplink->retry_ms / 1e3, 0.);
	ev_timer_start(uplink->responder->loop, &uplink->retry);
	uplink->retry_ms *= 2;
	if (uplink->retry_ms > RETRY_MAX_MS)
		uplink->retry_ms = RETRY_MAX_MS;
	/* What the window holds is served on; nobody waits for more. */
	stream_filled(uplink->responder);
}

static void on_end(void *owner, const char *why)
{
	(void)owner;
	(void)why;
}

static void connect_now(struct uplink *uplink)
{
	int fd = sock_connect(uplink->responder->config->hub_socket);

	if (fd < 0) {
		on_closed(uplink, NULL);
		return;
	}
	uplink->dialogue.state = GREETING;
	uplink->heard = uplink->pinged = clock_mono_us();
	link_open(&uplink->link, uplink->responder->loop, fd);
	link_cork(&uplink->link);
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

struct uplink *uplink_new(struct responder *responder)
{
	struct uplink *uplink = mem_new(sizeof(*uplink));
	double beat = (responder->lone ? LONE_TICK_MS : TICK_MS) / 1e3;

	uplink->responder = uplink->dialogue.responder = responder;
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
	ev_timer_start(responder->loop, &uplink->tick);
	ev_prepare_start(responder->loop, &uplink->prepare);
	ev_timer_set(&uplink->retry, 0., 0.);
	ev_timer_start(responder->loop, &uplink->retry);
	return uplink;
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
	ev_timer_stop(uplink->responder->loop, &uplink->retry);
	ev_timer_stop(uplink->responder->loop, &uplink->tick);
	ev_prepare_stop(uplink->responder->loop, &uplink->prepare);
	dialogue_release(&uplink->dialogue);
	free(uplink);
}

/* ---- asked by the other rooms */

struct pending *uplink_publish(struct uplink *uplink,
	const struct publication *publication, uplink_stored *answer, void *arg)
{
	return answers_publish(
		uplink->dialogue.answers, publication, answer, arg);
}

struct pending *uplink_page(struct uplink *uplink, struct span question,
	uplink_paged *answer, void *arg)
{
	return answers_page(uplink->dialogue.answers, question, answer, arg);
}

struct pending *uplink_channels(struct uplink *uplink, struct span after,
	uint16_t limit, struct span only, uplink_channels_answer *answer,
	void *arg)
{
	const struct channel_question question = {after, limit, only};

	return answers_channels(
		uplink->dialogue.answers, &question, answer, arg);
}

struct pending *uplink_metrics(struct uplink *uplink, enum wire_format format,
	uplink_metered *answer, void *arg)
{
	return answers_metrics(uplink->dialogue.answers, format, answer, arg);
}

void uplink_forget(struct pending *pending)
{
	answers_forget(pending);
}

bool uplink_is_filled(const struct uplink *uplink)
{
	return uplink->dialogue.state != FILLING;
}

struct health uplink_health(const struct uplink *uplink)
{
	struct health health = {
		.away = uplink->dialogue.state < FILLING,
		.writable = uplink->dialogue.writable,
		.reason = uplink->dialogue.reason,
	};

	if (health.away)
		health.reason = uplink->dialogue.refusal != NULL
					? uplink->dialogue.refusal
					: "the hub is away";
	return health;
}
