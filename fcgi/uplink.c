#include <config.h>

#include "fcgi/uplink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fcgi/answers.h"
#include "fcgi/audience.h"
#include "fcgi/fanout.h"
#include "fcgi/list.h"
#include "fcgi/responder.h"
#include "fcgi/stream.h"
#include "fcgi/window.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config.h"
#include "lib/link.h"
#include "lib/log.h"
#include "lib/sock.h"

enum {
	RETRY_MIN_MS = 20,
	RETRY_MAX_MS = 500,
	TICK_MS = 100, /* deadlines are looked at this often */
	PING_US = 1000000,
};

enum state { AWAY, GREETING, FILLING, FOLLOWING };

struct uplink {
	struct responder *responder;
	enum state state;
	struct link link;
	struct ev_timer retry;
	struct ev_timer tick;
	struct ev_prepare prepare;
	uint64_t source; /* this process, in its HELLO */
	uint64_t number; /* of the last publish */
	uint64_t heard;	 /* monotonic us of the last frame */
	uint64_t pinged;
	uint64_t target; /* id at which the window is filled */
	unsigned retry_ms;
	char identity[WIRE_IDENTITY]; /* of the log that the window is of */
	bool writable;
	char *reason;
	struct answers *answers; /* who waits for what */
};

/* ---- frames out; all of one turn of the loop in one system call */

static void send_frame(struct uplink *uplink, struct span frame)
{
	if (uplink->state >= FILLING)
		link_send(&uplink->link, frame);
}

static void prepare(struct ev_loop *loop, struct ev_prepare *watch, int events)
{
	struct uplink *uplink = watch->data;

	(void)loop;
	(void)events;
	if (uplink->state != AWAY && link_pending(&uplink->link) > 0) {
		link_flush(&uplink->link);
		link_cork(&uplink->link);
	}
}

static void say_hello(struct uplink *uplink)
{
	struct buf out = {0};
	size_t begun = wire_begin(&out, WIRE_HELLO);

	wire_put_u16(&out, WIRE_VERSION);
	wire_put_u64(&out, uplink->source);
	wire_put_str8(&out, span_of("tidings.fcgi"));
	wire_end(&out, begun);
	link_send(&uplink->link, buf_span(&out));
	buf_release(&out);
}

static void say_follow(struct uplink *uplink, bool same_log)
{
	const struct window *window = uplink->responder->window;
	struct buf out = {0};
	size_t begun = wire_begin(&out, WIRE_FOLLOW);

	wire_put_u64(&out,
		same_log && window_valid(window) ? window_newest(window) : 0);
	wire_put_u64(&out, uplink->responder->config->window);
	wire_end(&out, begun);
	link_send(&uplink->link, buf_span(&out));
	buf_release(&out);
}

static void say_ping(struct uplink *uplink)
{
	struct buf out = {0};
	size_t begun = wire_begin(&out, WIRE_PING);

	wire_put_u64(&out, 0);
	wire_end(&out, begun);
	link_send(&uplink->link, buf_span(&out));
	buf_release(&out);
}

/* ---- frames in: each returns false if it is malformed */

static bool on_welcome(struct uplink *uplink, struct wire_in *in)
{
	uint16_t version = wire_get_u16(in);
	struct span identity = wire_get_bytes(in, WIRE_IDENTITY);
	bool same;

	wire_get_u64(in);
	if (!wire_done(in) || version != WIRE_VERSION)
		return false;
	same = span_equal(identity, span(uplink->identity, WIRE_IDENTITY));
	memcpy(uplink->identity, identity.at, WIRE_IDENTITY);
	uplink->state = FILLING;
	uplink->target = UINT64_MAX;
	uplink->retry_ms = RETRY_MIN_MS;
	say_follow(uplink, same);
	log_info("uplink: connected to the hub");
	answers_send_all(uplink->answers);
	return true;
}

static bool on_refused(struct uplink *uplink, struct wire_in *in)
{
	struct span why = wire_get_str16(in);

	log_warnx("uplink: the hub refuses us: %.*s", (int)why.len, why.at);
	link_close(&uplink->link, NULL);
	return true;
}

static void look_whether_filled(struct uplink *uplink)
{
	if (uplink->state != FILLING ||
		window_newest(uplink->responder->window) < uplink->target)
		return;
	uplink->state = FOLLOWING;
	stream_filled(uplink->responder);
}

static bool on_following(struct uplink *uplink, struct wire_in *in)
{
	struct responder *responder = uplink->responder;
	struct window *window = responder->window;
	uint64_t from = wire_get_u64(in);

	uplink->target = wire_get_u64(in);
	if (!wire_done(in))
		return false;
	uplink->state = FILLING;
	if (!window_valid(window) || window_newest(window) != from) {
		stream_voiding(responder);
		window_begin(window, from);
		stream_voided(responder);
	}
	look_whether_filled(uplink);
	return true;
}

static bool on_event(struct uplink *uplink, struct wire_in *in)
{
	struct responder *responder = uplink->responder;
	struct wire_event event;

	if (!wire_get_event(wire_get_rest(in), &event) ||
		event.channel.len == 0 || !window_valid(responder->window) ||
		(event.id != 0 && event.id <= window_newest(responder->window)))
		return false;
	fanout_channel(
		responder->fanout, window_append(responder->window, &event));
	look_whether_filled(uplink);
	return true;
}

static bool on_stored(struct uplink *uplink, struct wire_in *in)
{
	return answers_stored(uplink->answers, in);
}

static bool on_paged(struct uplink *uplink, struct wire_in *in)
{
	return answers_paged(uplink->answers, in);
}

static bool on_channeled(struct uplink *uplink, struct wire_in *in)
{
	return answers_channeled(uplink->answers, in);
}

static bool on_state(struct uplink *uplink, struct wire_in *in)
{
	bool writable = wire_get_u8(in) != 0;
	struct span reason = wire_get_str16(in);

	if (!wire_done(in))
		return false;
	uplink->writable = writable;
	free(uplink->reason);
	uplink->reason = mem_text(reason);
	return true;
}

static bool on_pong(struct uplink *uplink, struct wire_in *in)
{
	(void)uplink;
	wire_get_u64(in);
	return wire_done(in);
}

static bool on_count(struct uplink *uplink, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);
	struct span only = wire_get_str8(in);
	struct buf out = {0};
	size_t begun;

	if (!wire_done(in))
		return false;
	begun = wire_begin(&out, WIRE_COUNTED);
	wire_put_u64(&out, tag);
	audience_census(uplink->responder->audience, only, &out);
	wire_end(&out, begun);
	link_send(&uplink->link, buf_span(&out));
	buf_release(&out);
	return true;
}

static bool (*const frames[])(struct uplink *, struct wire_in *) = {
	[WIRE_WELCOME] = on_welcome,
	[WIRE_REFUSED] = on_refused,
	[WIRE_FOLLOWING] = on_following,
	[WIRE_EVENT] = on_event,
	[WIRE_STORED] = on_stored,
	[WIRE_PAGED] = on_paged,
	[WIRE_CHANNELED] = on_channeled,
	[WIRE_COUNT] = on_count,
	[WIRE_STATE] = on_state,
	[WIRE_PONG] = on_pong,
};

static void on_frame(void *owner, uint8_t type, struct span body)
{
	struct uplink *uplink = owner;
	struct wire_in in = wire_in(body);

	uplink->heard = clock_mono_us();
	if (type >= sizeof(frames) / sizeof(frames[0]) ||
		frames[type] == NULL || !frames[type](uplink, &in))
		link_close(&uplink->link, "a malformed frame");
}

/* ---- coming and going */

static void on_closed(void *owner, const char *why)
{
	struct uplink *uplink = owner;

	if (uplink->state > GREETING || why != NULL)
		log_warnx("uplink: the hub is away%s%s",
			why == NULL ? "" : ": ", why == NULL ? "" : why);
	uplink->state = AWAY;
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
	uplink->state = GREETING;
	uplink->heard = uplink->pinged = clock_mono_us();
	link_open(&uplink->link, uplink->responder->loop, fd);
	link_cork(&uplink->link);
	say_hello(uplink);
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
	answers_expire(uplink->answers, now);
	if (uplink->state == AWAY)
		return;
	if (now - uplink->heard > UPLINK_SILENCE_MS * 1000ull) {
		link_close(&uplink->link, "it has said nothing for too long");
	} else if (now - uplink->pinged >= PING_US &&
		   uplink->state > GREETING) {
		uplink->pinged = now;
		say_ping(uplink);
	}
}

static void on_answer_frame(void *owner, struct span frame)
{
	send_frame(owner, frame);
}

struct uplink *uplink_new(struct responder *responder)
{
	struct uplink *uplink = mem_new(sizeof(*uplink));

	uplink->responder = responder;
	while (uplink->source == 0)
		if (getrandom(&uplink->source, sizeof(uplink->source), 0) < 0)
			log_fatal("uplink: getrandom");
	uplink->answers = answers_new(on_answer_frame, uplink);
	uplink->retry_ms = RETRY_MIN_MS;
	uplink->link.fd = -1;
	uplink->link.owner = uplink;
	uplink->link.frame = on_frame;
	uplink->link.closed = on_closed;
	ev_init(&uplink->retry, retry);
	ev_timer_init(&uplink->tick, tick, TICK_MS / 1e3, TICK_MS / 1e3);
	ev_prepare_init(&uplink->prepare, prepare);
	uplink->retry.data = uplink->tick.data = uplink->prepare.data = uplink;
	ev_timer_start(responder->loop, &uplink->tick);
	ev_prepare_start(responder->loop, &uplink->prepare);
	ev_timer_set(&uplink->retry, 0., 0.);
	ev_timer_start(responder->loop, &uplink->retry);
	return uplink;
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
	answers_free(uplink->answers);
	free(uplink->reason);
	free(uplink);
}

/* ---- asked by the other rooms */

struct pending *uplink_publish(struct uplink *uplink,
	const struct publication *publication, uplink_stored *answer, void *arg)
{
	return answers_publish(uplink->answers, publication, answer, arg);
}

struct pending *uplink_page(struct uplink *uplink, struct span question,
	uplink_paged *answer, void *arg)
{
	return answers_page(uplink->answers, question, answer, arg);
}

struct pending *uplink_channels(struct uplink *uplink, struct span after,
	uint16_t limit, struct span only, uplink_channels_answer *answer,
	void *arg)
{
	const struct channel_question question = {after, limit, only};

	return answers_channels(uplink->answers, &question, answer, arg);
}

void uplink_forget(struct pending *pending)
{
	answers_forget(pending);
}

bool uplink_is_filled(const struct uplink *uplink)
{
	return uplink->state != FILLING;
}

struct health uplink_health(const struct uplink *uplink)
{
	struct health health = {
		.away = uplink->state < FILLING,
		.writable = uplink->writable,
		.reason = uplink->reason,
	};

	if (health.away)
		health.reason = "the hub is away";
	return health;
}
