/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_FUZZ_READ_ROOM_H
#define TIDINGS_TESTS_FUZZ_READ_ROOM_H
/*
 * read_room - the hub's side of one inbox, and a peer that speaks for it
 *
 * On the ledger of rows.c.  What the peer is told stays in its link's queue.
 */
#include <string.h>

#include "hub/peers/inbox.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rows.h"

struct read_room {
	struct config config;
	struct config_inbox own;
	struct ledger ledger;
	struct clock clock;
	uint64_t now; /* us */
	struct inboxes inboxes;
	struct peers peers;
	struct peer peer;
};

static inline uint64_t read_room_now(void *arg)
{
	const struct read_room *room = arg;

	return room->now;
}

/* A second later: nobody has to rest. */
static inline void read_room_pull(struct read_room *room)
{
	room->now += 1000000;
	inboxes_pull(&room->inboxes);
}

static inline void read_room_claim(struct read_room *room)
{
	struct buf name = {0};
	struct wire_in in;

	wire_put_str8(&name, span_of(room->own.name));
	in = wire_in(buf_span(&name));
	MUST(inbox_claim(&room->inboxes, &room->peer, &in));
	MUST(room->peer.inbox == room->inboxes.all);
	buf_release(&name);
}

static inline void read_room_open(struct read_room *room, uint32_t max_event)
{
	static char name[] = "main";

	memset(room, 0, sizeof(*room));
	room->own.name = name;
	room->config.inboxes = &room->own;
	room->config.inbox_count = 1;
	room->config.max_event = max_event;
	room->clock = (struct clock){read_room_now, read_room_now, room};
	room->now = 1000000;
	room->ledger.config = &room->config;
	room->ledger.clock = &room->clock;
	room->ledger.writable = true;
	room->peers.config = &room->config;
	room->peer.peers = &room->peers;
	inboxes_open(&room->inboxes, &room->ledger);
	read_room_claim(room);
}

static inline void read_room_close(struct read_room *room)
{
	inbox_leave(&room->inboxes, &room->peer);
	inboxes_close(&room->inboxes);
	buf_release(&room->peer.link.out);
}

/* Its file is known from now on. */
static inline void read_room_identify(struct read_room *room)
{
	struct buf body = {0};

	wire_put_u64(&body, 0);
	wire_put_str8(&body, span_of("sixteen bytes..."));
	wire_put_str16(&body, span_of(""));
	MUST(inbox_hear(
		&room->inboxes, &room->peer, WIRE_INBOX, buf_span(&body)));
	inboxes_pull(&room->inboxes);
	MUST(room->inboxes.all[0].read);
	buf_clear(&room->peer.link.out);
	buf_release(&body);
}

#endif
