/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_ROOM_H
#define TIDINGS_TESTS_UNIT_HUB_ROOM_H
/*
 * hub_room - a ledger on a log in a temporary folder, whose clock stands still
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hub/log/disk/lock.h"
#include "hub/log/ledger.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

struct room {
	struct config config;
	struct ledger ledger;
	struct lock lock;
	struct hand_clock hands;
	struct clock clock;
	struct buf acks;     /* struct ack, that were let go */
	unsigned troubles;   /* times it was told */
	const char *trouble; /* the last */
	char folder[64];
	char path[96];
};

static inline void room_acked(void *peer, const struct ack *ack)
{
	struct room *room = peer;

	buf_add(&room->acks, ack, sizeof(*ack));
}

static inline void room_trouble(void *arg, const char *reason)
{
	struct room *room = arg;

	room->troubles++;
	room->trouble = reason;
}

static inline void room_open(struct room *room)
{
	const struct ledger_notify notify = {room_acked, room_trouble, room};

	memset(&room->ledger, 0, sizeof(room->ledger));
	room->config.log_path = room->path;
	room->config.max_event = 65536;
	room->config.key_age_ms = 86400000;
	lock_take(&room->lock, room->path);
	ledger_open(&room->ledger, &room->config, &room->lock, &room->clock,
		&notify);
	assert_true(room->ledger.writable);
}

static inline void room_close(struct room *room)
{
	ledger_close(&room->ledger);
	close(room->lock.fd);
	buf_release(&room->acks);
}

static inline int room_setup(void **state)
{
	struct room *room = mem_new(sizeof(*room));

	snprintf(room->folder, sizeof(room->folder), "/tmp/room-XXXXXX");
	assert_non_null(mkdtemp(room->folder));
	snprintf(room->path, sizeof(room->path), "%s/log.db", room->folder);
	room->hands = (struct hand_clock){1000000, clock_wall_us()};
	room->clock = hand_clock(&room->hands);
	room_open(room);
	*state = room;
	return 0;
}

static inline int room_teardown(void **state)
{
	struct room *room = *state;
	char lock[128];

	room_close(room);
	unlink(room->path);
	snprintf(lock, sizeof(lock), "%s.lock", room->path);
	unlink(lock);
	rmdir(room->folder);
	free(room);
	return 0;
}

static inline void room_reopen(struct room *room)
{
	room_close(room);
	hand_clock_pass(&room->hands, 1000000);
	room_open(room);
}

/* As if the disk were full. */
static inline void room_fail(struct room *room)
{
	assert_true(store_begin(&room->ledger.store));
	room->ledger.store.trouble = DB_FULL;
	ledger_commit(&room->ledger);
	assert_false(room->ledger.writable);
}

/* The same, and there is room again. */
static inline void room_roll_back(struct room *room)
{
	room_fail(room);
	room->ledger.writable = true; /* without upkeep */
}

/* Without commit. */
static inline uint64_t room_add(
	struct room *room, const char *channel, const char *data)
{
	struct ledger *ledger = &room->ledger;

	assert_true(ledger_begin(ledger));
	return ledger_append(ledger,
		channel_get(&ledger->channels, span_of(channel)), span_of(""),
		span_of(""), span_of(data));
}

static inline uint64_t room_publish(
	struct room *room, const char *channel, const char *data)
{
	uint64_t id = room_add(room, channel, data);

	ledger_commit(&room->ledger);
	return id;
}

#endif
