/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/listing.h"

#include <stdlib.h>
#include <string.h>

struct listing_request {
	struct listing_request *next;
	uint64_t tag;
	uint16_t limit;
	bool only; /* that one; else those behind it */
	uint16_t len;
	char name[];
};

/* ---- the queue */

static bool make_room(struct peer *peer, size_t len)
{
	peer->asked_bytes += len;
	if (peer->asked_bytes <= PEER_ASKED_MAX)
		return true;
	peer_drop(peer, "asked for too many pages at once");
	return false;
}

bool listing_ask(struct peer *peer, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);
	struct span after = wire_get_str16(in);
	uint16_t limit = wire_get_u16(in);
	struct span only = wire_get_str16(in);
	struct span name = only.len > 0 ? only : after;
	struct listing_request *request;

	if (!wire_done(in) || limit == 0)
		return false;
	if (!make_room(peer, sizeof(*request) + name.len))
		return true;
	request = mem_new(sizeof(*request) + name.len);
	request->tag = tag;
	request->limit = limit < LISTING_LINES_MAX ? limit : LISTING_LINES_MAX;
	request->only = only.len > 0;
	request->len = (uint16_t)name.len;
	if (name.len > 0)
		memcpy(request->name, name.at, name.len);
	*peer->listings_end = request;
	peer->listings_end = &request->next;
	return true;
}

static struct listing_request *take(struct peer *peer)
{
	struct listing_request *request = peer->listings;

	peer->listings = request->next;
	if (peer->listings == NULL)
		peer->listings_end = &peer->listings;
	peer->asked_bytes -= sizeof(*request) + request->len;
	return request;
}

void listing_forget(struct peer *peer)
{
	while (peer->listings != NULL)
		free(take(peer));
}

/* ---- the answer */

struct listing {
	struct counts *counts;
	struct buf *out;
	uint32_t lines;
};

static void put_line(struct listing *listing, struct span name,
	const struct counted *counted)
{
	struct channels *channels = listing->counts->channels;
	struct channel *channel = counted == NULL ? NULL : counted->channel;
	struct buf *out = listing->out;
	uint64_t subscribers = counted == NULL ? 0 : counted->subscribers;

	if (channel != NULL && channel->events == 0)
		channel = NULL;
	wire_put_str16(out, name);
	wire_put_u64(out, channel == NULL ? 0 : channel->events);
	wire_put_u64(out, channel == NULL ? 0 : channel->bytes);
	wire_put_u64(
		out, channel == NULL ? 0 : channel_oldest(channels, channel));
	wire_put_u64(out, channel == NULL ? 0 : channel->newest);
	wire_put_u32(out,
		subscribers < UINT32_MAX ? (uint32_t)subscribers : UINT32_MAX);
	listing->lines++;
}

/* The one behind it, whose numbers will be wanted: one after the other each
 * would be waited for, as they lie anywhere. */
static const struct counted *next_of(
	const struct listing *listing, const struct counted *at)
{
	const struct counted *next = counts_next(listing->counts, at);

	if (next != NULL && next->channel != NULL)
		__builtin_prefetch(&next->channel->events);
	return next;
}

/* True if there are more behind it.  Time is up at `end`, for all lines but the
 * first. */
static bool put_page(struct listing *listing,
	const struct listing_request *request, uint64_t end)
{
	const struct clock *clock = listing->counts->channels->clock;
	const struct counted *at = counts_after(
		listing->counts, span(request->name, request->len));

	while (at != NULL && listing->lines < request->limit) {
		const struct counted *next = next_of(listing, at);

		put_line(listing, counted_name(at), at);
		at = next;
		if (clock_now_us(clock) >= end)
			break;
	}
	return at != NULL;
}

static void answer_next(
	struct counts *counts, struct peer *peer, uint64_t end_us)
{
	struct listing_request *request = take(peer);
	struct span name = span(request->name, request->len);
	struct listing listing = {
		.counts = counts,
		.out = link_begin(&peer->link, WIRE_CHANNELED),
	};
	size_t head, end;
	bool more = false;

	wire_put_u64(listing.out, request->tag);
	head = listing.out->len;
	wire_put_u8(listing.out, 0);  /* more, and ... */
	wire_put_u32(listing.out, 0); /* ... count, once known */
	if (request->only)
		put_line(&listing, name, counts_find(counts, name));
	else
		more = put_page(&listing, request, end_us);
	end = listing.out->len;
	listing.out->len = head;
	wire_put_u8(listing.out, more);
	wire_put_u32(listing.out, listing.lines);
	listing.out->len = end;
	link_end(&peer->link);
	free(request);
}

/* ---- whose turn it is */

static bool wants(const struct peer *peer)
{
	return peer->listings != NULL && !peer->closed &&
	       link_pending(&peer->link) < PEER_OUT_MAX;
}

bool listing_run(struct counts *counts, struct peers *peers)
{
	uint64_t end = 0;

	for (;;) {
		struct peer *peer =
			peers_next(peers, &peers->listing_turn, wants);
		uint64_t now = clock_now_us(counts->channels->clock);

		if (peer == NULL)
			return false;
		if (end == 0)
			end = now + LISTING_US;
		else if (now > end)
			return true;
		peers->listing_turn = peer->next;
		answer_next(counts, peer, now + LISTING_ANSWER_US);
	}
}
