/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/uplink/session.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/lines.h"
#include "fcgi/uplink/publishes.h"
#include "fcgi/uplink/questions.h"
#include "lib/buf.h"
#include "lib/link.h"
#include "lib/log.h"

/* ---- what is said to the hub */

void session_hello(struct session *session)
{
	struct buf *out = link_begin(session->link, WIRE_HELLO);

	wire_put_u16(out, WIRE_VERSION);
	wire_put_u64(out, session->source);
	wire_put_str8(out, span_of("tidings.fcgi"));
	link_end(session->link);
}

static bool is_same_log(const struct session *session)
{
	return memcmp(session->offered, session->identity, WIRE_IDENTITY) == 0;
}

static void say_follow(struct session *session)
{
	struct buf *out = link_begin(session->link, WIRE_FOLLOW);

	wire_put_u64(out,
		session->begun && is_same_log(session) ? session->newest : 0);
	wire_put_u64(out, session->fill);
	link_end(session->link);
}

void session_ping(struct session *session)
{
	struct buf *out = link_begin(session->link, WIRE_PING);

	wire_put_u64(out, 0);
	link_end(session->link);
}

void session_report_stats(struct session *session)
{
	struct buf *out = link_begin(session->link, WIRE_MEASURED);

	session->sink.report(session->sink.arg, out);
	link_end(session->link);
}

/* One frame; false, and nothing is said, if nothing has changed. */
static bool say_counts(struct session *session)
{
	size_t pending = link_pending(session->link);
	struct buf *out = link_begin(session->link, WIRE_SUBSCRIBED);
	bool some = session->sink.counts(session->sink.arg, out);

	link_end(session->link);
	if (!some)
		link_cut(session->link, pending);
	return some;
}

bool session_counts(struct session *session)
{
	while (link_pending(session->link) < COUNTS_AHEAD)
		if (!say_counts(session))
			return true;
	return false;
}

bool session_presence(struct session *session)
{
	struct buf frame = {0};
	bool some = true;

	while (some && link_pending(session->link) < COUNTS_AHEAD) {
		buf_clear(&frame);
		some = session->sink.presence(session->sink.arg, &frame);
		if (some)
			link_queue(session->link, buf_span(&frame));
	}
	buf_release(&frame);
	return !some;
}

/* ---- frames in: each returns false if it is malformed */

/* It is tried twice a second; the same is not said again. */
static void part_with_hub(struct session *session, struct span why)
{
	if (session->refusal == NULL || !span_is(why, session->refusal))
		log_warnx(LINE_REFUSED, (int)why.len, why.at);
	free(session->refusal);
	session->refusal = mem_text(why);
	link_close(session->link, NULL);
}

static void part_over_version(struct session *session, unsigned version)
{
	struct buf why = {0};

	buf_printf(&why,
		"the hub speaks version %u of the protocol, this responder %d",
		version, WIRE_VERSION);
	part_with_hub(session, buf_span(&why));
	buf_release(&why);
}

static bool on_welcome(struct session *session, struct wire_in *in)
{
	uint16_t version = wire_get_u16(in);
	struct span identity = wire_get_bytes(in, WIRE_IDENTITY);
	struct span secret;

	wire_get_u64(in);
	/* Another version's WELCOME may go on in a way that we do not know. */
	if (!in->failed && version != WIRE_VERSION) {
		part_over_version(session, version);
		return true;
	}
	secret = wire_get_bytes(in, WIRE_SECRET);
	if (!wire_done(in))
		return false;
	memcpy(session->offered, identity.at, WIRE_IDENTITY);
	memcpy(session->secret.bytes, secret.at, WIRE_SECRET);
	session->secret.known = true;
	session->state = FILLING;
	session->target = UINT64_MAX;
	say_follow(session);
	log_info(LINE_CONNECTED);
	free(session->refusal);
	session->refusal = NULL;
	publishes_send(session->publishes);
	questions_send(session->questions);
	return true;
}

static bool on_refused(struct session *session, struct wire_in *in)
{
	part_with_hub(session, wire_get_str16(in));
	return true;
}

static void look_whether_filled(struct session *session)
{
	if (session->state != FILLING || session->newest < session->target)
		return;
	session->state = FOLLOWING;
	session->sink.filled(session->sink.arg);
}

static bool on_following(struct session *session, struct wire_in *in)
{
	uint64_t from = wire_get_u64(in);
	bool same;

	session->target = wire_get_u64(in);
	if (!wire_done(in))
		return false;
	session->state = FILLING;
	same = session->begun && is_same_log(session) &&
	       session->newest == from;
	session->begun = true;
	session->newest = from;
	memcpy(session->identity, session->offered, WIRE_IDENTITY);
	session->sink.begin(session->sink.arg, from, same);
	look_whether_filled(session);
	return true;
}

static bool on_event(struct session *session, struct wire_in *in)
{
	struct wire_event event;

	if (!wire_get_event(wire_get_rest(in), &event) ||
		event.channel.len == 0 || !session->begun ||
		(event.id != 0 && event.id <= session->newest))
		return false;
	if (event.id != 0)
		session->newest = event.id;
	session->sink.event(session->sink.arg, &event);
	look_whether_filled(session);
	return true;
}

static bool on_stored(struct session *session, struct wire_in *in)
{
	return publishes_stored(session->publishes, in);
}

static bool on_judged(struct session *session, struct wire_in *in)
{
	return questions_judged(session->questions, in);
}

static bool on_paged(struct session *session, struct wire_in *in)
{
	return questions_paged(session->questions, in);
}

static bool on_channeled(struct session *session, struct wire_in *in)
{
	return questions_channeled(session->questions, in);
}

static bool on_metrics_text(struct session *session, struct wire_in *in)
{
	return questions_metrics_text(session->questions, in);
}

static bool on_present(struct session *session, struct wire_in *in)
{
	return questions_presented(session->questions, in);
}

static bool on_state(struct session *session, struct wire_in *in)
{
	bool writable = wire_get_u8(in) != 0;
	struct span reason = wire_get_str16(in);
	struct span unread = span(in->at, (size_t)(in->end - in->at));
	uint16_t count = wire_get_u16(in);

	for (uint16_t i = 0; i < count; i++) {
		wire_get_str8(in);
		wire_get_str16(in);
		wire_get_str16(in);
	}
	if (!wire_done(in))
		return false;
	buf_clear(&session->unread);
	buf_add_span(&session->unread, unread);
	session->writable = writable;
	free(session->reason);
	session->reason = mem_text(reason);
	return true;
}

static bool on_pong(struct session *session, struct wire_in *in)
{
	(void)session;
	wire_get_u64(in);
	return wire_done(in);
}

static bool on_measure(struct session *session, struct wire_in *in)
{
	if (!wire_done(in))
		return false;
	session_report_stats(session);
	return true;
}

static bool (*const frames[])(struct session *, struct wire_in *) = {
	[WIRE_WELCOME] = on_welcome,
	[WIRE_REFUSED] = on_refused,
	[WIRE_FOLLOWING] = on_following,
	[WIRE_EVENT] = on_event,
	[WIRE_STORED] = on_stored,
	[WIRE_PAGED] = on_paged,
	[WIRE_JUDGED] = on_judged,
	[WIRE_CHANNELED] = on_channeled,
	[WIRE_STATE] = on_state,
	[WIRE_PONG] = on_pong,
	[WIRE_MEASURE] = on_measure,
	[WIRE_METERED] = on_metrics_text,
	[WIRE_PRESENT] = on_present,
};

bool session_frame(struct session *session, uint8_t type, struct span body)
{
	struct wire_in in = wire_in(body);

	return type < sizeof(frames) / sizeof(frames[0]) &&
	       frames[type] != NULL && frames[type](session, &in);
}

bool session_is_filled(const struct session *session)
{
	return session->state != FILLING;
}

/* While the sink is filled it has not been told of all that the hub has. */
bool session_cursor(const struct session *session, uint64_t *id)
{
	if (session->state < FILLING || session->target == UINT64_MAX)
		return false;
	*id = session->newest > session->target ? session->newest
						: session->target;
	return true;
}

struct health session_health(const struct session *session)
{
	struct health health = {
		.away = session->state < FILLING,
		.writable = session->writable,
		.reason = session->reason,
		.unread = buf_span(&session->unread),
	};

	if (health.away)
		health.reason = session->refusal != NULL ? session->refusal
							 : "the hub is away";
	return health;
}

void session_release(struct session *session)
{
	publishes_free(session->publishes);
	questions_free(session->questions);
	free(session->reason);
	free(session->refusal);
	buf_release(&session->unread);
}
