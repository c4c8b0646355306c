/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/presence.h"

#include <stdlib.h>

#include "fcgi/presence/attendees.h"
#include "fcgi/presence/gathering.h"
#include "fcgi/presence/wish.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/uplink/session.h"
#include "lib/event/active.h"
#include "lib/loop.h"

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
	struct attendee *attendee;
	uint16_t count; /* of gatherings */
	struct member members[];
};

struct presence {
	struct loop *loop;
	const struct session *session;
	unsigned most; /* entries of a list */
	struct attendees attendees;
	struct table guests, gatherings;
	struct buf key; /* that is looked for */
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
	const struct guest *guest = table_entry(node, struct guest, by_sub);

	return pointer_key(&guest->sub);
}

static struct span key_of(const struct table_node *node)
{
	return gathering_key(table_entry(node, struct gathering, by_name));
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

static struct gathering *find_gathering(
	struct presence *presence, struct span name, bool whole)
{
	struct span key = gathering_key_of(&presence->key, name, whole);

	return gathering_of(table_find(&presence->gatherings, key));
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

static struct gathering *get_gathering(
	struct presence *presence, struct span name, bool whole)
{
	const struct gathering_parts parts = {
		.clock = loop_clock(presence->loop),
		.questions = presence->session->questions,
		.due = due,
		.arg = presence,
		.most = presence->most,
	};
	struct gathering *gathering = find_gathering(presence, name, whole);

	if (gathering != NULL)
		return gathering;
	gathering = gathering_new(name, whole, &parts);
	table_add(&presence->gatherings, &gathering->by_name);
	return gathering;
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

	guest->attendee = attendee_new(subscription);
	table_add(&presence->guests, &guest->by_sub);
	for (uint16_t i = 0; i < guest->count; i++) {
		struct span name = subscription->channels[i];
		bool whole = wish_sees_whole(subscription->grant, name);

		guest->members[i].sub = sub;
		guest->members[i].by =
			subscription->presence == PRESENCE_BY_USER ? BY_USER
								   : BY_STREAM;
		gathering_enter(get_gathering(presence, name, whole),
			&guest->members[i]);
	}
}

void presence_begin(struct presence *presence, struct subscriber *sub)
{
	struct guest *guest = find_guest(presence, sub);

	attendees_add(&presence->attendees, guest->attendee);
	for (uint16_t i = 0; i < guest->count; i++)
		gathering_begin(&guest->members[i]);
}

void presence_leave(struct presence *presence, struct subscriber *sub)
{
	struct guest *guest = find_guest(presence, sub);

	attendees_remove(&presence->attendees, guest->attendee);
	for (uint16_t i = 0; i < guest->count; i++) {
		gathering_leave(&guest->members[i]);
		gathering_end(presence, guest->members[i].gathering);
	}
	table_remove(&presence->guests, &guest->by_sub);
	free(guest);
}

/* ---- the hub */

void presence_hear(struct presence *presence, const struct wire_event *event)
{
	struct active active;

	if (presence->gatherings.count == 0 ||
		!span_is(event->channel, ACTIVE_CHANNEL) ||
		!active_get(event->traits, &active))
		return;
	for (int whole = 0; whole <= 1; whole++) {
		struct gathering *gathering =
			find_gathering(presence, active.topic, whole != 0);

		if (gathering != NULL)
			gathering_hear(gathering, &active, event->id);
	}
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

struct presence *presence_new(
	struct loop *loop, const struct session *session, unsigned most)
{
	struct presence *presence = mem_new(sizeof(*presence));

	presence->loop = loop;
	presence->session = session;
	presence->most = most;
	attendees_open(&presence->attendees);
	table_init(&presence->guests, sub_of, NULL);
	table_init(&presence->gatherings, key_of, NULL);
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
	buf_release(&presence->key);
	free(presence);
}
