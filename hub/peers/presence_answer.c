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
	if (!peer_asks(peer, sizeof(uint16_t) + body.len))
		return true;
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

static uint64_t now_us(const struct presence *presence)
{
	return clock_now_us(presence->ledger->clock);
}

/* As many as its link should be given, and as there is time for. */
static void answer_some(
	struct presence *presence, struct peer *peer, uint64_t end_us)
{
	struct wire_in all = wire_in(buf_span(&peer->who));
	struct asked asked;
	size_t done;

	do {
		struct wire_in in = wire_in(wire_get_str16(&all));

		get_asked(&in, &asked);
		answer(presence, peer, &asked);
	} while (all.at < all.end && peer_has_room(peer) &&
		 now_us(presence) < end_us);
	done = (size_t)(all.at - peer->who.at);
	buf_drop(&peer->who, done);
	peer->asked_bytes -= done;
}

/* Whoever is left after his turn is the last; the links of those that wait
 * wake us. */
bool presence_run(struct presence *presence)
{
	struct node full;
	uint64_t end;
	bool more;

	if (list_empty(&presence->asking))
		return presence_has_more(presence);
	list_init(&full);
	end = now_us(presence) + PRESENCE_US;
	do {
		struct peer *peer =
			list_entry(presence->asking.next, struct peer, asking);

		if (peer_has_room(peer))
			answer_some(presence, peer, end);
		list_remove(&peer->asking);
		if (peer->who.len > 0)
			list_append(
				peer_has_room(peer) ? &presence->asking : &full,
				&peer->asking);
	} while (!list_empty(&presence->asking) && now_us(presence) < end);
	more = !list_empty(&presence->asking) || presence_has_more(presence);
	list_move(&presence->asking, &full);
	return more;
}
