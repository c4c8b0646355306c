/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/listing.h"

#include <stdlib.h>
#include <string.h>

struct listing_request {
	struct listing_request *next;
	uint64_t tag;
	uint16_t limit;
	bool only;	    /* that one; else those behind it */
	struct sight sight; /* its scope is held */
	uint16_t len;
	char name[];
};

/* ---- the queue */

static struct listing_request *request_new(struct span name, uint16_t limit)
{
	struct listing_request *request = mem_new(sizeof(*request) + name.len);

	request->limit = limit < LISTING_LINES_MAX ? limit : LISTING_LINES_MAX;
	request->len = (uint16_t)name.len;
	if (name.len > 0)
		memcpy(request->name, name.at, name.len);
	return request;
}

bool listing_ask(
	const struct counts *counts, struct peer *peer, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);
	struct span after = wire_get_str16(in);
	uint16_t limit = wire_get_u16(in);
	struct span only = wire_get_str16(in);
	struct span name = only.len > 0 ? only : after;
	struct scope *scope = sights_read(&counts->channels->sights, in);
	struct listing_request *request;
	bool good = wire_done(in) && limit > 0;

	if (!good || !peer_asks(peer, sizeof(*request) + name.len)) {
		scope_drop(scope);
		return good;
	}
	request = request_new(name, limit);
	request->tag = tag;
	request->only = only.len > 0;
	request->sight.scope = scope;
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

static void request_free(struct listing_request *request)
{
	scope_drop(request->sight.scope);
	free(request);
}

void listing_forget(struct peer *peer)
{
	while (peer->listings != NULL)
		request_free(take(peer));
}

/* ---- the answer */

struct listing {
	struct counts *counts;
	const struct sight *sight;
	struct buf *out;
	uint32_t lines;
};

struct figures {
	uint64_t events, bytes, oldest, newest;
};

/* Of what is seen of it. */
static struct figures figures_of(
	const struct listing *listing, struct channel *channel)
{
	struct channels *channels = listing->counts->channels;
	const struct shown *shown = channel->shown;
	struct figures none = {0};

	switch (sight_of(listing->sight, channel)) {
	case SEEN_WHOLE:
		return (struct figures){channel->events, channel->bytes,
			channel_oldest(channels, channel), channel->newest};
	case SEEN_PUBLIC:
		if (shown->events > 0)
			return (struct figures){shown->events, shown->bytes,
				shown_oldest(channels, channel), shown->newest};
		break;
	case SEEN_NOTHING:
		break;
	}
	return none;
}

static void put_line(struct listing *listing, struct span name,
	const struct counted *counted)
{
	struct channel *channel = counted == NULL ? NULL : counted->channel;
	struct buf *out = listing->out;
	uint64_t subscribers = counted == NULL ? 0 : counted->subscribers;
	struct figures figures = {0};

	if (channel != NULL && channel->events > 0)
		figures = figures_of(listing, channel);
	wire_put_str16(out, name);
	wire_put_u64(out, figures.events);
	wire_put_u64(out, figures.bytes);
	wire_put_u64(out, figures.oldest);
	wire_put_u64(out, figures.newest);
	wire_put_u32(out,
		subscribers < UINT32_MAX ? (uint32_t)subscribers : UINT32_MAX);
	listing->lines++;
}

/* May who asks know that it is there? */
static bool is_shown(
	const struct listing *listing, const struct counted *counted)
{
	return !counted->is_hidden ||
	       scope_has(listing->sight->scope, counted_name(counted));
}

/* The one behind it, whose numbers will be wanted: one after the other each
 * would be waited for, as they lie anywhere. */
static void want(const struct counted *next)
{
	if (next != NULL && next->channel != NULL)
		__builtin_prefetch(&next->channel->events);
}

/* Time is up at `end`, for all but the first one.  What was looked at last, if
 * there is more behind it. */
static struct span put_page(struct listing *listing,
	const struct listing_request *request, uint64_t end)
{
	const struct counts *counts = listing->counts;
	struct counts_place place =
		counts_after(counts, span(request->name, request->len),
			listing->sight->scope != NULL);
	const struct counted *at;

	while (listing->lines < request->limit &&
		(at = counts_next(counts, &place)) != NULL) {
		want(place.open);
		if (is_shown(listing, at))
			put_line(listing, counted_name(at), at);
		if (counts_is_end(&place))
			break;
		if (listing->lines == request->limit ||
			clock_now_us(counts->channels->clock) >= end)
			return counted_name(at);
	}
	return span(NULL, 0);
}

/* A private one is none, to who may not know of it. */
static void put_only(struct listing *listing, struct span name)
{
	const struct counted *counted = counts_find(listing->counts, name);

	if (counted != NULL && !is_shown(listing, counted))
		counted = NULL;
	put_line(listing, name, counted);
}

static void answer_next(
	struct counts *counts, struct peer *peer, uint64_t end_us)
{
	struct listing_request *request = take(peer);
	struct listing listing = {
		.counts = counts,
		.sight = &request->sight,
		.out = link_begin(&peer->link, WIRE_CHANNELED),
	};
	struct span last = {0};
	size_t head, end;

	wire_put_u64(listing.out, request->tag);
	head = listing.out->len;
	wire_put_u8(listing.out, 0);  /* more, and ... */
	wire_put_u32(listing.out, 0); /* ... count, once known */
	if (request->only)
		put_only(&listing, span(request->name, request->len));
	else
		last = put_page(&listing, request, end_us);
	end = listing.out->len;
	listing.out->len = head;
	wire_put_u8(listing.out, last.len > 0);
	wire_put_u32(listing.out, listing.lines);
	listing.out->len = end;
	wire_put_str16(listing.out, last);
	link_end(&peer->link);
	request_free(request);
}

/* ---- whose turn it is */

static bool wants(const struct peer *peer)
{
	return peer->listings != NULL && peer_has_room(peer);
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
