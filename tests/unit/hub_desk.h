/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_DESK_H
#define TIDINGS_TESTS_UNIT_HUB_DESK_H
/*
 * hub_desk - a ledger, and peers whose frames a test hands out by itself
 *
 * What a peer is sent stays in its link's queue; nobody reads its socket.
 */
#include "hub/dispatch.h"
#include "hub/peers/follow.h"
#include "hub/peers/inbox.h"
#include "hub/peers/listing.h"
#include "hub/peers/page.h"
#include "hub/peers/presence.h"
#include "hub/peers/publish.h"
#include "lib/loop.h"
#include "lib/sock.h"
#include "tests/unit/hub_room.h"

struct desk {
	struct room *room;
	struct loop *loop;
	struct peers peers;
	struct sampler sampler;
	struct counts counts;
	struct inboxes inboxes;
	struct presence presence;
	struct publish_queue publishes;
	struct dispatch dispatch;
};

static inline void desk_open(struct desk *desk, struct room *room)
{
	struct party party;

	memset(desk, 0, sizeof(*desk));
	desk->room = room;
	desk->loop = loop_new(&room->clock);
	desk->peers = (struct peers){
		.loop = desk->loop,
		.config = &room->config,
		.frame = dispatch_frame,
		.gone = dispatch_gone,
		.arg = &desk->dispatch,
	};
	desk->publishes = (struct publish_queue){
		.ledger = &room->ledger, .peers = &desk->peers};
	desk->dispatch = (struct dispatch){
		.ledger = &room->ledger,
		.peers = &desk->peers,
		.sampler = &desk->sampler,
		.counts = &desk->counts,
		.inboxes = &desk->inboxes,
		.presence = &desk->presence,
		.publishes = &desk->publishes,
	};
	room->ledger.notify.acked = publish_tell;
	counts_open(&desk->counts, &room->ledger.channels,
		room->ledger.log.identity);
	party = counts_party(&desk->counts);
	ledger_join(&room->ledger, &party);
	inboxes_open(&desk->inboxes, &room->ledger);
	presence_open(&desk->presence, &room->ledger);
	party = presence_party(&desk->presence);
	ledger_join(&room->ledger, &party);
	sampler_open(&desk->sampler, &room->ledger, &desk->peers);
}

/* The part of the hub's turn that is about what is to be stored. */
static inline void desk_turn(struct desk *desk)
{
	publish_queue_run_short(&desk->publishes);
	inboxes_pull(&desk->inboxes);
	presence_step(&desk->presence);
	ledger_commit(&desk->room->ledger);
	inboxes_answer(&desk->inboxes);
	if (publish_queue_run_long(&desk->publishes))
		ledger_commit(&desk->room->ledger);
}

/* The part of it that is about older events: is there more to do? */
static inline bool run_pages(struct desk *desk)
{
	struct ledger *ledger = &desk->room->ledger;

	return pages_run(&ledger->log, &ledger->ring, &desk->peers);
}

static inline void desk_close(struct desk *desk)
{
	peers_close(&desk->peers);
	sampler_close(&desk->sampler);
	inboxes_close(&desk->inboxes);
	presence_close(&desk->presence);
	counts_close(&desk->counts);
	loop_free(desk->loop);
}

/* Somebody connects; the other end is left to the process. */
static inline struct peer *desk_peer(struct desk *desk)
{
	char path[128];
	int listener;

	snprintf(path, sizeof(path), "%s/socket", desk->room->folder);
	listener = sock_listen(path, 0600, (gid_t)-1);
	assert_true(listener >= 0 && sock_connect(path) >= 0);
	assert_true(peers_accept(&desk->peers, listener));
	close(listener);
	unlink(path);
	return desk->peers.first;
}

static inline void say(struct peer *peer, enum wire_type type, struct buf *body)
{
	dispatch_frame(peer, (uint8_t)type, buf_span(body));
	buf_release(body);
}

/* The body of the next frame in what waits for the peer, whose type has to be
 * that; borrowed until the peer is sent more. */
static inline struct wire_in heard(struct peer *peer, enum wire_type type)
{
	struct link *link = &peer->link;
	struct span rest =
		span(link->out.at + link->out_done, link_pending(link));
	struct span body;
	uint8_t found;
	bool bad;
	size_t len = wire_frame(rest, &found, &body, &bad);

	assert_true(len > 0 && !bad);
	assert_int_equal(found, type);
	link->out_done += len;
	return wire_in(body);
}

static inline void hello(struct peer *peer, uint16_t version, uint64_t source)
{
	struct buf body = {0};

	wire_put_u16(&body, version);
	wire_put_u64(&body, source);
	wire_put_str8(&body, span_of("a test"));
	say(peer, WIRE_HELLO, &body);
}

/* The same, and it has said HELLO. */
static inline struct peer *desk_known(struct desk *desk)
{
	struct peer *peer = desk_peer(desk);

	hello(peer, WIRE_VERSION, 7);
	heard(peer, WIRE_WELCOME);
	heard(peer, WIRE_STATE);
	return peer;
}

#endif
