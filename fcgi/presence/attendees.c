/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/attendees.h"

#include <stdlib.h>
#include <sys/random.h>

#include "fcgi/lines.h"
#include "lib/log.h"
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

struct attendee *attendees_add(
	struct attendees *attendees, const struct attendee_is *is)
{
	struct attendee *attendee = mem_new(sizeof(*attendee));
	struct buf *body = &attendee->body;

	put_subscriber(body);
	wire_put_str8(body, is->address);
	wire_put_str16(body, is->user);
	wire_put_str16(body, is->payload);
	wire_put_u16(body, is->count);
	buf_add_span(body, is->topics);
	list_init(&attendee->node);
	list_init(&attendee->unsaid);
	list_append(&attendees->all, &attendee->node);
	list_append(&attendees->unsaid, &attendee->unsaid);
	return attendee;
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

const uint8_t *attendee_subscriber(const struct attendee *attendee)
{
	return (const uint8_t *)attendee->body.at;
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
