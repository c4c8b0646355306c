/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/presence.h"

#include <stdlib.h>

#include "fcgi/guard/address.h"
#include "fcgi/presence/attendees.h"
#include "fcgi/presence/gathering.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/uplink/session.h"
#include "lib/loop.h"
#include "lib/text.h"

enum {
	REST_US = 10000, /* between two rounds, at least */
	LISTS_US = 5000, /* whole lists are given in one round: of 64 KiB, what
			    a socket takes at once, it is some 250 */
	AGAIN_US = 100000, /* who could not take it is looked at again */
};

/* One stream that is seen. */
struct guest {
	struct table_node by_sub;
	const struct subscriber *sub;
	struct buf topics;     /* until it is told to be there */
	struct attendee_is is; /* likewise; its texts are in `texts` */
	struct buf texts;
	struct attendee *attendee; /* NULL until then */
	uint16_t count;		   /* of gatherings */
	struct member members[];
};

struct presence {
	struct loop *loop;
	const struct session *session;
	struct attendees attendees;
	struct table guests, gatherings;
	struct timer round;
	uint64_t rests_until; /* us */
};

/* ---- tables */

static struct span pointer_key(const struct subscriber *const *sub)
{
	return span((const char *)sub, sizeof(*sub));
}

static struct span sub_of(const struct table_node *node)
{
	/* It is the first member. */
	return pointer_key(&((const struct guest *)(const void *)node)->sub);
}

static struct span name_of(const struct table_node *node)
{
	/* Likewise. */
	return gathering_name((const struct gathering *)(const void *)node);
}

static struct guest *find_guest(
	const struct presence *presence, const struct subscriber *sub)
{
	struct table_node *node =
		table_find(&presence->guests, pointer_key(&sub));

	return node == NULL ? NULL : table_entry(node, struct guest, by_sub);
}

static struct gathering *gathering_of(struct table_node *node)
{
	return node == NULL ? NULL
			    : table_entry(node, struct gathering, by_name);
}

/* ---- rounds */

/* As soon as may be, but not before the last round has been digested. */
static void due(void *arg)
{
	struct presence *presence = arg;
	uint64_t now = loop_now_us(presence->loop);

	if (timer_is_set(&presence->round) &&
		presence->round.due.key <= presence->rests_until)
		return;
	timer_set(loop_timers(presence->loop), &presence->round,
		presence->rests_until > now ? presence->rests_until - now : 0,
		0);
}

static void gathering_end(
	struct presence *presence, struct gathering *gathering)
{
	if (gathering->held || !list_empty(&gathering->members))
		return;
	table_remove(&presence->gatherings, &gathering->by_name);
	gathering_free(gathering);
}

static void look_after(
	struct presence *presence, struct gathering *gathering, uint64_t end_us)
{
	uint64_t now = loop_now_us(presence->loop), next;
	enum gathering_lacks lacks;

	if (gathering->again > now)
		return;
	gathering->again = UINT64_MAX;
	gathering->held = true;
	gathering_ask(gathering);
	gathering_look(gathering, presence->session->newest);
	next = gathering_tend(gathering);
	lacks = gathering_give(gathering, end_us);
	gathering->held = false;
	if (lacks == LACKS_TIME)
		next = now;
	else if (lacks == LACKS_ROOM && next > now + AGAIN_US)
		next = now + AGAIN_US;
	if (next < gathering->again)
		gathering->again = next;
}

static void on_round(void *arg)
{
	struct presence *presence = arg;
	uint64_t began = clock_now_us(loop_clock(presence->loop));
	uint64_t next = UINT64_MAX, now;
	struct table_node *after, *at = table_first(&presence->gatherings);

	for (; at != NULL; at = after) {
		struct gathering *gathering = gathering_of(at);

		look_after(presence, gathering, began + LISTS_US);
		after = table_next(&presence->gatherings, at);
		next = gathering->again < next ? gathering->again : next;
		gathering_end(presence, gathering);
	}
	now = clock_now_us(loop_clock(presence->loop));
	presence->rests_until = now + (now - began) + REST_US;
	if (next < presence->rests_until)
		next = presence->rests_until;
	if (next != UINT64_MAX)
		timer_set(loop_timers(presence->loop), &presence->round,
			next > now ? next - now : 0, 0);
}

/* ---- streams */

static const struct gathering_parts *parts_of(
	struct presence *presence, struct gathering_parts *parts)
{
	*parts = (struct gathering_parts){
		.clock = loop_clock(presence->loop),
		.questions = presence->session->questions,
		.due = due,
		.arg = presence,
	};
	return parts;
}

static struct gathering *get_gathering(
	struct presence *presence, struct span name)
{
	struct gathering *gathering =
		gathering_of(table_find(&presence->gatherings, name));
	struct gathering_parts parts;

	if (gathering != NULL)
		return gathering;
	gathering = gathering_new(name, parts_of(presence, &parts));
	table_add(&presence->gatherings, &gathering->by_name);
	return gathering;
}

static void copy(struct guest *guest, struct span *text)
{
	buf_add_span(&guest->texts, *text);
}

/* Spans into the texts, which have come to rest. */
static struct span place(const struct guest *guest, size_t *at, size_t len)
{
	struct span text = span(guest->texts.at + *at, len);

	*at += len;
	return text;
}

/* As it was asked for. */
static void add_topic(struct guest *guest,
	const struct subscription *subscription, struct span name)
{
	struct wire_in in = wire_in(subscription->filter);

	if (subscription->filter.len == 0 || !span_is(name, ACTIVE_CHANNEL)) {
		wire_put_str16(&guest->topics, name);
		guest->is.count++;
		return;
	}
	wire_get_u8(&in);
	while (in.at < in.end) {
		wire_put_str16(&guest->topics, wire_get_str16(&in));
		guest->is.count++;
	}
}

static void keep(struct guest *guest, const struct subscription *subscription)
{
	const struct client_name client = client_name_of(
		subscription->address == NULL ? "" : subscription->address);
	struct attendee_is is = {
		.address = span_of(client.text),
		.user = subscription->user,
		.payload = subscription->payload,
	};
	size_t at = 0;

	if (is.user.len > ACTIVE_USER_MAX || !text_is_utf8(is.user, NULL))
		is.user = span(NULL, 0);
	if (is.payload.len > ACTIVE_PAYLOAD_MAX)
		is.payload = span(NULL, 0);
	copy(guest, &is.address);
	copy(guest, &is.user);
	copy(guest, &is.payload);
	guest->is = is;
	for (uint16_t i = 0; i < subscription->count; i++)
		add_topic(guest, subscription, subscription->channels[i]);
	guest->is.address = place(guest, &at, is.address.len);
	guest->is.user = place(guest, &at, is.user.len);
	guest->is.payload = place(guest, &at, is.payload.len);
	guest->is.topics = buf_span(&guest->topics);
}

static struct guest *guest_new(
	const struct subscriber *sub, uint16_t gatherings)
{
	struct guest *guest = mem_new(
		sizeof(*guest) + gatherings * sizeof(guest->members[0]));

	guest->sub = sub;
	guest->count = gatherings;
	return guest;
}

void presence_enter(struct presence *presence, struct subscriber *sub,
	const struct subscription *subscription)
{
	bool sees = subscription->presence > PRESENCE_SEEN;
	uint16_t channels =
		(uint16_t)(subscription->count - subscription->patterns);
	struct guest *guest = guest_new(sub, sees ? channels : 0);

	keep(guest, subscription);
	table_add(&presence->guests, &guest->by_sub);
	for (uint16_t i = 0; i < guest->count; i++) {
		guest->members[i].sub = sub;
		guest->members[i].by =
			subscription->presence == PRESENCE_BY_USER ? BY_USER
								   : BY_STREAM;
		gathering_enter(
			get_gathering(presence, subscription->channels[i]),
			&guest->members[i]);
	}
}

static void forget_texts(struct guest *guest)
{
	buf_release(&guest->texts);
	buf_release(&guest->topics);
}

void presence_begin(struct presence *presence, struct subscriber *sub)
{
	struct guest *guest = find_guest(presence, sub);

	guest->attendee = attendees_add(&presence->attendees, &guest->is);
	forget_texts(guest);
	for (uint16_t i = 0; i < guest->count; i++)
		gathering_begin(&guest->members[i]);
}

void presence_leave(struct presence *presence, struct subscriber *sub)
{
	struct guest *guest = find_guest(presence, sub);

	if (guest->attendee != NULL)
		attendees_remove(&presence->attendees, guest->attendee);
	for (uint16_t i = 0; i < guest->count; i++) {
		gathering_leave(&guest->members[i]);
		gathering_end(presence, guest->members[i].gathering);
	}
	table_remove(&presence->guests, &guest->by_sub);
	forget_texts(guest);
	free(guest);
}

/* ---- the hub */

void presence_hear(struct presence *presence, const struct wire_event *event)
{
	struct active active;
	struct gathering *gathering;

	if (presence->gatherings.count == 0 ||
		!span_is(event->channel, ACTIVE_CHANNEL) ||
		!active_get(event->traits, &active))
		return;
	gathering =
		gathering_of(table_find(&presence->gatherings, active.topic));
	if (gathering != NULL)
		gathering_hear(gathering, &active, event->id);
}

void presence_begin_anew(struct presence *presence)
{
	struct table_node *at = table_first(&presence->gatherings);

	for (; at != NULL; at = table_next(&presence->gatherings, at))
		gathering_begin_anew(gathering_of(at));
}

void presence_hub_left(struct presence *presence)
{
	attendees_hub_left(&presence->attendees);
}

bool presence_put(struct presence *presence, struct buf *frame)
{
	return attendees_put(&presence->attendees, frame);
}

/* ---- beginning and end */

struct presence *presence_new(struct loop *loop, const struct session *session)
{
	struct presence *presence = mem_new(sizeof(*presence));

	presence->loop = loop;
	presence->session = session;
	attendees_open(&presence->attendees);
	table_init(&presence->guests, sub_of, NULL);
	table_init(&presence->gatherings, name_of, NULL);
	timer_init(&presence->round, on_round, presence);
	return presence;
}

void presence_free(struct presence *presence)
{
	if (presence == NULL)
		return;
	timer_stop(loop_timers(presence->loop), &presence->round);
	attendees_close(&presence->attendees);
	table_release(&presence->guests);
	table_release(&presence->gatherings);
	free(presence);
}
