/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/attendees.h"

#include <stdlib.h>
#include <sys/random.h>

#include "fcgi/guard/address.h"
#include "fcgi/lines.h"
#include "fcgi/presence/presence.h"
#include "fcgi/stream/opening.h"
#include "lib/event/active.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wire.h"

enum {
	VERSION_BYTE = 6, /* of a random number by RFC 9562: version 4, ... */
	VARIANT_BYTE = 8, /* ... variant 10 */
};

void attendees_open(struct attendees *attendees)
{
	list_init(&attendees->all);
	list_init(&attendees->unsaid);
}

static void attendee_free(struct attendee *attendee)
{
	list_remove(&attendee->node);
	list_remove(&attendee->unsaid);
	buf_release(&attendee->body);
	free(attendee);
}

void attendees_close(struct attendees *attendees)
{
	while (!list_empty(&attendees->all))
		attendee_free(
			list_entry(attendees->all.next, struct attendee, node));
}

/* ---- who */

static void put_subscriber(struct buf *out)
{
	uint8_t bytes[ACTIVE_SUBSCRIBER];

	if (getrandom(bytes, sizeof(bytes), 0) < 0)
		log_fatal(LINE_GETRANDOM);
	bytes[VERSION_BYTE] = (uint8_t)((bytes[VERSION_BYTE] & 0x0f) | 0x40);
	bytes[VARIANT_BYTE] = (uint8_t)((bytes[VARIANT_BYTE] & 0x3f) | 0x80);
	wire_put_bytes(out, bytes, sizeof(bytes));
}

static void put_address(struct buf *out, const char *address)
{
	const struct client_name client =
		client_name_of(address == NULL ? "" : address);

	wire_put_str8(out, span_of(client.text));
}

/* What is no text, or too long, is not said. */
static void put_user(struct buf *out, struct span user)
{
	bool good = user.len <= ACTIVE_USER_MAX && text_is_utf8(user, NULL);

	wire_put_str16(out, good ? user : span(NULL, 0));
}

static void put_payload(struct buf *out, struct span payload)
{
	bool good = payload.len <= ACTIVE_PAYLOAD_MAX;

	wire_put_str16(out, good ? payload : span(NULL, 0));
}

/* As it was asked for; how many that are. */
static uint16_t put_topic(struct buf *out,
	const struct subscription *subscription, struct span name)
{
	struct wire_in in = wire_in(subscription->filter);
	uint16_t count = 0;

	if (subscription->filter.len == 0 || !span_is(name, ACTIVE_CHANNEL)) {
		wire_put_str16(out, name);
		return 1;
	}
	wire_get_u8(&in);
	for (; in.at < in.end; count++)
		wire_put_str16(out, wire_get_str16(&in));
	return count;
}

static void put_topics(struct buf *out, const struct subscription *subscription)
{
	struct buf topics = {0};
	uint16_t count = 0;

	for (uint16_t i = 0; i < subscription->count; i++)
		count = (uint16_t)(count + put_topic(&topics, subscription,
						   subscription->channels[i]));
	wire_put_u16(out, count);
	buf_add_span(out, buf_span(&topics));
	buf_release(&topics);
}

struct attendee *attendee_new(const struct subscription *subscription)
{
	struct attendee *attendee = mem_new(sizeof(*attendee));

	list_init(&attendee->node);
	list_init(&attendee->unsaid);
	put_subscriber(&attendee->body);
	put_address(&attendee->body, subscription->address);
	put_user(&attendee->body, subscription->user);
	put_payload(&attendee->body, subscription->payload);
	put_topics(&attendee->body, subscription);
	wire_put_u8(&attendee->body, subscription->presence > PRESENCE_SEEN);
	return attendee;
}

/* ---- coming and going */

void attendees_add(struct attendees *attendees, struct attendee *attendee)
{
	list_append(&attendees->all, &attendee->node);
	list_append(&attendees->unsaid, &attendee->unsaid);
}

void attendees_remove(struct attendees *attendees, struct attendee *attendee)
{
	if (!attendee->said) {
		attendee_free(attendee);
		return;
	}
	attendee->left = true;
	list_append(&attendees->unsaid, &attendee->unsaid);
}

/* ---- to the hub */

bool attendees_put(struct attendees *attendees, struct buf *frame)
{
	struct attendee *attendee;
	size_t begun;

	if (list_empty(&attendees->unsaid))
		return false;
	attendee = list_entry(attendees->unsaid.next, struct attendee, unsaid);
	begun = wire_begin(frame, attendee->left ? WIRE_LEFT : WIRE_JOINED);
	if (attendee->left)
		wire_put_bytes(frame, attendee->body.at, ACTIVE_SUBSCRIBER);
	else
		buf_add_span(frame, buf_span(&attendee->body));
	wire_end(frame, begun);
	list_remove(&attendee->unsaid);
	attendee->said = true;
	if (attendee->left)
		attendee_free(attendee);
	return true;
}

void attendees_hub_left(struct attendees *attendees)
{
	struct node *next, *at = attendees->all.next;

	for (; at != &attendees->all; at = next) {
		struct attendee *attendee =
			list_entry(at, struct attendee, node);

		next = at->next;
		attendee->said = false;
		if (attendee->left)
			attendee_free(attendee);
		else if (!list_linked(&attendee->unsaid))
			list_append(&attendees->unsaid, &attendee->unsaid);
	}
}
