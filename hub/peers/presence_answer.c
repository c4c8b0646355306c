/* SPDX-License-Identifier: MIT */
/*
 * presence_answer - who asks who is there (presence.h)
 */
#include "config.h"

#include "hub/peers/peer.h"
#include "hub/peers/present.h"

struct asked {
	struct attendance_question question;
	uint64_t tag;
	struct span subscriber;
};

static bool get_asked(struct wire_in *in, struct asked *asked)
{
	asked->tag = wire_get_u64(in);
	asked->question.topic = wire_get_str16(in);
	asked->subscriber = wire_get_str8(in);
	asked->question.after = wire_get_u64(in);
	asked->question.limit = wire_get_u16(in);
	return wire_done(in) && asked->question.limit > 0;
}

bool presence_ask(
	struct presence *presence, struct peer *peer, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	struct asked asked;

	if (!get_asked(in, &asked) || body.len > UINT16_MAX)
		return false;
	if (peer->who.len > PEER_ASKED_MAX)
		return false;
	wire_put_str16(&peer->who, body);
	if (!list_linked(&peer->asking))
		list_append(&presence->asking, &peer->asking);
	return true;
}

static void answer(
	struct presence *presence, struct peer *peer, const struct asked *asked)
{
	const struct present *one = present_find(presence, asked->subscriber);
	struct buf *out = link_begin(&peer->link, WIRE_PRESENT);

	wire_put_u64(out, asked->tag);
	wire_put_u64(out, presence->newest);
	if (asked->subscriber.len == 0)
		attendance_put(&presence->attendance, &asked->question, out);
	else
		attendance_put_some(one == NULL ? NULL : one->entries,
			one == NULL || !one->told ? 0 : one->count,
			asked->question.topic, out);
	link_end(&peer->link);
}

/* As many as its link should be given; true if some are left. */
static bool answer_peer(struct presence *presence, struct peer *peer)
{
	struct wire_in all = wire_in(buf_span(&peer->who));
	struct asked asked;

	while (all.at < all.end && link_pending(&peer->link) < PEER_OUT_MAX) {
		struct wire_in in = wire_in(wire_get_str16(&all));

		get_asked(&in, &asked);
		answer(presence, peer, &asked);
	}
	buf_drop(&peer->who, (size_t)(all.at - peer->who.at));
	if (peer->who.len > 0)
		return true;
	list_remove(&peer->asking);
	return false;
}

bool presence_run(struct presence *presence)
{
	struct node *next, *at = presence->asking.next;
	bool more = false;

	for (; at != &presence->asking; at = next) {
		next = at->next;
		more |= answer_peer(
			presence, list_entry(at, struct peer, asking));
	}
	return more;
}
