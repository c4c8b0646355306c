/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/present.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

/* ---- a body of JOINED */

static bool is_topic(struct span topic)
{
	return topic.len > 0 && topic.len <= ACTIVE_TOPIC_MAX &&
	       text_is_utf8(topic, NULL);
}

bool joined_get(struct wire_in *in, struct joined *joined)
{
	bool sound = true;

	joined->subscriber = wire_get_bytes(in, ACTIVE_SUBSCRIBER);
	joined->address = wire_get_str8(in);
	joined->user = wire_get_str16(in);
	joined->payload = wire_get_str16(in);
	joined->count = wire_get_u16(in);
	joined->topics.at = in->at;
	for (uint16_t i = 0; i < joined->count && !in->failed; i++)
		sound = is_topic(wire_get_str16(in)) && sound;
	joined->topics.len = (size_t)(in->at - joined->topics.at);
	joined->open = in->at < in->end && wire_get_u8(in) != 0;
	return wire_done(in) && sound && joined->count > 0 &&
	       joined->count <= ACTIVE_TOPICS_MAX &&
	       joined->user.len <= ACTIVE_USER_MAX &&
	       joined->payload.len <= ACTIVE_PAYLOAD_MAX &&
	       text_is_utf8(joined->user, NULL) &&
	       text_is_utf8(joined->payload, NULL);
}

/* ---- one of them */

static struct present *present_of(struct table_node *node)
{
	return node == NULL ? NULL
			    : table_entry(node, struct present, by_subscriber);
}

struct present *present_find(
	const struct presence *presence, struct span subscriber)
{
	return present_of(table_find(&presence->presents, subscriber));
}

struct present *present_new(
	struct presence *presence, struct span body, const struct joined *from)
{
	struct present *present = mem_new(
		sizeof(*present) + from->count * sizeof(present->entries[0]));
	struct wire_in in;
	struct joined joined;

	buf_add_span(&present->body, body);
	in = wire_in(buf_span(&present->body));
	joined_get(&in, &joined);
	memcpy(present->who.subscriber, joined.subscriber.at,
		ACTIVE_SUBSCRIBER);
	present->who.user = joined.user;
	present->who.payload = joined.payload;
	present->who.open = joined.open;
	present->topics = joined.topics;
	present->count = joined.count;
	for (uint16_t i = 0; i < present->count; i++)
		present->entries[i].who = &present->who;
	list_init(&present->among);
	list_init(&present->waiting);
	present->payer = budget_join(&presence->budget, joined.address);
	table_add(&presence->presents, &present->by_subscriber);
	return present;
}

void present_free(struct presence *presence, struct present *present)
{
	list_remove(&present->among);
	table_remove(&presence->presents, &present->by_subscriber);
	budget_leave(&presence->budget, present->payer);
	buf_release(&present->body);
	free(present);
}

/* It waits exactly while the two differ, and ends when there is nothing to say
 * of it. */
void present_look(struct presence *presence, struct present *present)
{
	if (present->drafted)
		return;
	if (present->gone == present->told) {
		if (!list_linked(&present->waiting))
			budget_wait(&presence->budget, present->payer,
				&present->waiting);
		return;
	}
	budget_forget(&presence->budget, present->payer, &present->waiting);
	if (present->gone)
		present_free(presence, present);
}
