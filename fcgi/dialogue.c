#include <config.h>

#include "fcgi/dialogue.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/answers.h"
#include "lib/buf.h"
#include "lib/link.h"
#include "lib/log.h"

/* ---- what is said to the hub */

void dialogue_hello(struct dialogue *dialogue)
{
	struct buf *out = link_begin(dialogue->link, WIRE_HELLO);

	wire_put_u16(out, WIRE_VERSION);
	wire_put_u64(out, dialogue->source);
	wire_put_str8(out, span_of("tidings.fcgi"));
	link_end(dialogue->link);
}

static bool is_same_log(const struct dialogue *dialogue)
{
	return memcmp(dialogue->offered, dialogue->identity, WIRE_IDENTITY) ==
	       0;
}

static void say_follow(struct dialogue *dialogue)
{
	struct buf *out = link_begin(dialogue->link, WIRE_FOLLOW);

	wire_put_u64(out, dialogue->begun && is_same_log(dialogue)
				  ? dialogue->newest
				  : 0);
	wire_put_u64(out, dialogue->fill);
	link_end(dialogue->link);
}

void dialogue_ping(struct dialogue *dialogue)
{
	struct buf *out = link_begin(dialogue->link, WIRE_PING);

	wire_put_u64(out, 0);
	link_end(dialogue->link);
}

void dialogue_measured(struct dialogue *dialogue)
{
	struct buf *out = link_begin(dialogue->link, WIRE_MEASURED);

	dialogue->sink.report(dialogue->sink.arg, out);
	link_end(dialogue->link);
}

/* One frame; false, and nothing is said, if nothing has changed. */
static bool say_counts(struct dialogue *dialogue)
{
	size_t pending = link_pending(dialogue->link);
	struct buf *out = link_begin(dialogue->link, WIRE_SUBSCRIBED);
	bool some = dialogue->sink.counts(dialogue->sink.arg, out);

	link_end(dialogue->link);
	if (!some)
		link_cut(dialogue->link, pending);
	return some;
}

bool dialogue_counts(struct dialogue *dialogue)
{
	while (link_pending(dialogue->link) < COUNTS_AHEAD)
		if (!say_counts(dialogue))
			return true;
	return false;
}

/* ---- frames in: each returns false if it is malformed */

/* It is tried twice a second; the same is not said again. */
static void part_with_hub(struct dialogue *dialogue, struct span why)
{
	if (dialogue->refusal == NULL || !span_is(why, dialogue->refusal))
		log_warnx("uplink: cannot work with this hub: %.*s",
			(int)why.len, why.at);
	free(dialogue->refusal);
	dialogue->refusal = mem_text(why);
	link_close(dialogue->link, NULL);
}

static void part_over_version(struct dialogue *dialogue, unsigned version)
{
	struct buf why = {0};

	buf_printf(&why,
		"the hub speaks version %u of the protocol, this responder %d",
		version, WIRE_VERSION);
	part_with_hub(dialogue, buf_span(&why));
	buf_release(&why);
}

static bool on_welcome(struct dialogue *dialogue, struct wire_in *in)
{
	uint16_t version = wire_get_u16(in);
	struct span identity = wire_get_bytes(in, WIRE_IDENTITY);

	wire_get_u64(in);
	/* Another version's WELCOME may go on in a way that we do not know. */
	if (!in->failed && version != WIRE_VERSION) {
		part_over_version(dialogue, version);
		return true;
	}
	if (!wire_done(in))
		return false;
	memcpy(dialogue->offered, identity.at, WIRE_IDENTITY);
	dialogue->state = FILLING;
	dialogue->target = UINT64_MAX;
	say_follow(dialogue);
	log_info("uplink: connected to the hub");
	free(dialogue->refusal);
	dialogue->refusal = NULL;
	answers_send_all(dialogue->answers);
	return true;
}

static bool on_refused(struct dialogue *dialogue, struct wire_in *in)
{
	part_with_hub(dialogue, wire_get_str16(in));
	return true;
}

static void look_whether_filled(struct dialogue *dialogue)
{
	if (dialogue->state != FILLING || dialogue->newest < dialogue->target)
		return;
	dialogue->state = FOLLOWING;
	dialogue->sink.filled(dialogue->sink.arg);
}

static bool on_following(struct dialogue *dialogue, struct wire_in *in)
{
	uint64_t from = wire_get_u64(in);
	bool same;

	dialogue->target = wire_get_u64(in);
	if (!wire_done(in))
		return false;
	dialogue->state = FILLING;
	same = dialogue->begun && is_same_log(dialogue) &&
	       dialogue->newest == from;
	dialogue->begun = true;
	dialogue->newest = from;
	memcpy(dialogue->identity, dialogue->offered, WIRE_IDENTITY);
	dialogue->sink.begin(dialogue->sink.arg, from, same);
	look_whether_filled(dialogue);
	return true;
}

static bool on_event(struct dialogue *dialogue, struct wire_in *in)
{
	struct wire_event event;

	if (!wire_get_event(wire_get_rest(in), &event) ||
		event.channel.len == 0 || !dialogue->begun ||
		(event.id != 0 && event.id <= dialogue->newest))
		return false;
	if (event.id != 0)
		dialogue->newest = event.id;
	dialogue->sink.event(dialogue->sink.arg, &event);
	look_whether_filled(dialogue);
	return true;
}

static bool on_stored(struct dialogue *dialogue, struct wire_in *in)
{
	return answers_stored(dialogue->answers, in);
}

static bool on_paged(struct dialogue *dialogue, struct wire_in *in)
{
	return answers_paged(dialogue->answers, in);
}

static bool on_channeled(struct dialogue *dialogue, struct wire_in *in)
{
	return answers_channeled(dialogue->answers, in);
}

static bool on_metered(struct dialogue *dialogue, struct wire_in *in)
{
	return answers_metered(dialogue->answers, in);
}

static bool on_state(struct dialogue *dialogue, struct wire_in *in)
{
	bool writable = wire_get_u8(in) != 0;
	struct span reason = wire_get_str16(in);

	if (!wire_done(in))
		return false;
	dialogue->writable = writable;
	free(dialogue->reason);
	dialogue->reason = mem_text(reason);
	return true;
}

static bool on_pong(struct dialogue *dialogue, struct wire_in *in)
{
	(void)dialogue;
	wire_get_u64(in);
	return wire_done(in);
}

static bool on_measure(struct dialogue *dialogue, struct wire_in *in)
{
	if (!wire_done(in))
		return false;
	dialogue_measured(dialogue);
	return true;
}

static bool (*const frames[])(struct dialogue *, struct wire_in *) = {
	[WIRE_WELCOME] = on_welcome,
	[WIRE_REFUSED] = on_refused,
	[WIRE_FOLLOWING] = on_following,
	[WIRE_EVENT] = on_event,
	[WIRE_STORED] = on_stored,
	[WIRE_PAGED] = on_paged,
	[WIRE_CHANNELED] = on_channeled,
	[WIRE_STATE] = on_state,
	[WIRE_PONG] = on_pong,
	[WIRE_MEASURE] = on_measure,
	[WIRE_METERED] = on_metered,
};

bool dialogue_frame(struct dialogue *dialogue, uint8_t type, struct span body)
{
	struct wire_in in = wire_in(body);

	return type < sizeof(frames) / sizeof(frames[0]) &&
	       frames[type] != NULL && frames[type](dialogue, &in);
}

bool dialogue_is_filled(const struct dialogue *dialogue)
{
	return dialogue->state != FILLING;
}

struct health dialogue_health(const struct dialogue *dialogue)
{
	struct health health = {
		.away = dialogue->state < FILLING,
		.writable = dialogue->writable,
		.reason = dialogue->reason,
	};

	if (health.away)
		health.reason = dialogue->refusal != NULL ? dialogue->refusal
							  : "the hub is away";
	return health;
}

void dialogue_release(struct dialogue *dialogue)
{
	answers_free(dialogue->answers);
	free(dialogue->reason);
	free(dialogue->refusal);
}
