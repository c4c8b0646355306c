/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/uplink/uplink.h"

#include <stdlib.h>
#include <sys/random.h>

#include "fcgi/lines.h"
#include "fcgi/uplink/publishes.h"
#include "fcgi/uplink/questions.h"
#include "fcgi/uplink/session.h"
#include "lib/buf.h"
#include "lib/link.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/sock.h"

enum {
	RETRY_MIN_MS = 20,
	RETRY_MAX_MS = 500,
	TICK_US = 100000,	/* deadlines are looked at this often */
	LONE_TICK_US = 1000000, /* by a thousand processes at once */
	PING_US = 1000000,
};

struct uplink {
	struct loop *loop;
	const char *socket;
	struct session session;
	struct link link;
	struct timer retry;
	struct timer tick;
	struct loop_turn turn;
	uint64_t tick_us;
	uint64_t heard; /* monotonic us of the last frame */
	uint64_t pinged;
	unsigned retry_ms;
};

/* ---- frames out; all of one turn of the loop in one system call */

static void send_frame(void *owner, struct span frame)
{
	struct uplink *uplink = owner;

	if (uplink->session.state >= FILLING)
		link_queue(&uplink->link, frame);
}

static void flush(void *arg)
{
	struct uplink *uplink = arg;
	bool said = uplink->session.state < FILLING;

	if (uplink->session.state == HUB_AWAY)
		return;
	do {
		said = said || (session_presence(&uplink->session) &&
				       session_counts(&uplink->session));
		if (link_pending(&uplink->link) > 0)
			link_flush(&uplink->link);
	} while (!said && link_pending(&uplink->link) == 0);
}

/* ---- coming and going */

static void on_frame(void *owner, uint8_t type, struct span body)
{
	struct uplink *uplink = owner;

	uplink->heard = loop_now_us(uplink->loop);
	if (type == WIRE_WELCOME)
		uplink->retry_ms = RETRY_MIN_MS;
	if (!session_frame(&uplink->session, type, body))
		link_close(&uplink->link, "a malformed frame");
}

static void on_closed(void *owner, const char *why)
{
	struct uplink *uplink = owner;
	bool was_there = uplink->session.state > GREETING;

	if (why != NULL)
		log_warnx(LINE_AWAY_BECAUSE, why);
	else if (was_there)
		log_warnx(LINE_AWAY);
	uplink->session.state = HUB_AWAY;
	timer_set(loop_timers(uplink->loop), &uplink->retry,
		uplink->retry_ms * 1000ull, 0);
	uplink->retry_ms *= 2;
	if (uplink->retry_ms > RETRY_MAX_MS)
		uplink->retry_ms = RETRY_MAX_MS;
	if (was_there)
		uplink->session.sink.lost(uplink->session.sink.arg);
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
	uplink->session.state = GREETING;
	uplink->heard = uplink->pinged = loop_now_us(uplink->loop);
	link_open(&uplink->link, uplink->loop, fd);
	session_hello(&uplink->session);
}

static void retry(void *arg)
{
	connect_now(arg);
}

static void tick(void *arg)
{
	struct uplink *uplink = arg;
	uint64_t now = loop_now_us(uplink->loop);

	publishes_expire(uplink->session.publishes, now);
	questions_expire(uplink->session.questions, now);
	if (uplink->session.state == HUB_AWAY)
		return;
	if (now - uplink->heard > UPLINK_SILENCE_MS * 1000ull) {
		link_close(&uplink->link, "it has said nothing for too long");
	} else if (now - uplink->pinged >= PING_US &&
		   uplink->session.state > GREETING) {
		uplink->pinged = now;
		session_ping(&uplink->session);
	}
}

struct uplink *uplink_new(
	struct loop *loop, const struct uplink_settings *settings)
{
	struct uplink *uplink = mem_new(sizeof(*uplink));
	const struct hub_sender sender = {send_frame, uplink};

	uplink->loop = loop;
	uplink->tick_us = settings->lone ? LONE_TICK_US : TICK_US;
	uplink->socket = settings->socket;
	uplink->session.fill = settings->fill;
	uplink->session.link = &uplink->link;
	while (uplink->session.source == 0)
		if (getrandom(&uplink->session.source,
			    sizeof(uplink->session.source), 0) < 0)
			log_fatal(LINE_GETRANDOM);
	uplink->session.publishes = publishes_new(loop_clock(loop), &sender);
	uplink->session.questions = questions_new(loop_clock(loop), &sender);
	uplink->retry_ms = RETRY_MIN_MS;
	uplink->link.fd = -1;
	uplink->link.owner = uplink;
	uplink->link.frame = on_frame;
	uplink->link.closed = on_closed;
	timer_init(&uplink->retry, retry, uplink);
	timer_init(&uplink->tick, tick, uplink);
	loop_turn_init(&uplink->turn, 0, flush, uplink);
	return uplink;
}

void uplink_start(struct uplink *uplink, const struct uplink_sink *sink)
{
	struct timers *timers = loop_timers(uplink->loop);

	uplink->session.sink = *sink;
	timer_set(timers, &uplink->tick, uplink->tick_us, uplink->tick_us);
	timer_set(timers, &uplink->retry, 0, 0);
	loop_turn_start(uplink->loop, &uplink->turn);
}

void uplink_farewell(struct uplink *uplink)
{
	uplink->link.closed = on_end;
	if (uplink->session.state >= FILLING) {
		session_presence(&uplink->session);
		session_report_stats(&uplink->session);
		link_flush(&uplink->link);
	}
}

void uplink_free(struct uplink *uplink)
{
	if (uplink == NULL)
		return;
	uplink->link.closed = on_end;
	link_close(&uplink->link, NULL);
	timer_stop(loop_timers(uplink->loop), &uplink->retry);
	timer_stop(loop_timers(uplink->loop), &uplink->tick);
	loop_turn_stop(uplink->loop, &uplink->turn);
	session_release(&uplink->session);
	free(uplink);
}

const struct session *uplink_session(const struct uplink *uplink)
{
	return &uplink->session;
}
