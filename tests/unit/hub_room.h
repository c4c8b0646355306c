#ifndef TIDINGS_TESTS_HUB_ROOM_H
#define TIDINGS_TESTS_HUB_ROOM_H
/*
 * hub_room - a hub without loop, peers and inboxes, on a log in a temporary
 * folder
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hub/hub.h"
#include "hub/lock.h"
#include "lib/buf.h"
#include "tests/unit/unit.h"

struct room {
	struct config config;
	struct hub hub;
	struct lock lock;
	char folder[64];
	char path[96];
};

static inline void room_open(struct room *room)
{
	struct hub *hub = &room->hub;

	memset(hub, 0, sizeof(*hub));
	room->config.log_path = room->path;
	room->config.max_event = 65536;
	room->config.key_age_ms = 86400000;
	hub->config = &room->config;
	lock_take(&room->lock, room->path);
	store_open(&hub->store, room->path);
	channels_open(&hub->channels, &hub->store, &room->config);
	eventlog_open(&hub->log, &hub->store, &hub->channels, &room->lock);
	keys_open(&hub->keys, &hub->store, room->config.key_age_ms);
	receipts_open(&hub->receipts, &hub->store);
	retention_open(&hub->retention, hub);
	assert_int_equal(eventlog_start(&hub->log), DB_DONE);
	ring_open(&hub->ring, hub->log.committed);
	hub->writable = true;
}

static inline void room_close(struct room *room)
{
	struct hub *hub = &room->hub;

	ring_close(&hub->ring);
	retention_close(&hub->retention);
	receipts_close(&hub->receipts);
	keys_close(&hub->keys);
	eventlog_close(&hub->log);
	channels_close(&hub->channels);
	store_close(&hub->store);
	close(room->lock.fd);
	buf_release(&hub->answers);
	buf_release(&hub->scratch);
}

static inline int room_setup(void **state)
{
	struct room *room = mem_new(sizeof(*room));

	snprintf(room->folder, sizeof(room->folder), "/tmp/room-XXXXXX");
	assert_non_null(mkdtemp(room->folder));
	snprintf(room->path, sizeof(room->path), "%s/log.db", room->folder);
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
	room_open(room);
}

/* What a commit settles, without peers to tell. */
static inline void room_commit(struct room *room)
{
	struct hub *hub = &room->hub;

	if (!hub->store.writing)
		return;
	receipts_write(&hub->receipts);
	channels_write(&hub->channels);
	assert_int_equal(store_commit(&hub->store), DB_DONE);
	eventlog_settle(&hub->log);
	channels_settle(&hub->channels);
	receipts_settle(&hub->receipts);
	retention_settle(&hub->retention);
	ring_show(&hub->ring);
}

static inline void room_roll_back(struct room *room)
{
	struct hub *hub = &room->hub;

	hub->store.trouble = DB_FULL;
	assert_int_equal(store_commit(&hub->store), DB_FULL);
	eventlog_revert(&hub->log);
	channels_revert(&hub->channels);
	receipts_revert(&hub->receipts);
	ring_revert(&hub->ring, hub->log.committed);
	retention_revert(&hub->retention);
}

/* Without commit. */
static inline uint64_t room_add(
	struct room *room, const char *channel, const char *data)
{
	struct hub *hub = &room->hub;

	assert_true(store_begin(&hub->store));
	return hub_store(hub, channel_get(&hub->channels, span_of(channel)),
		span_of(""), span_of(data));
}

static inline uint64_t room_publish(
	struct room *room, const char *channel, const char *data)
{
	uint64_t id = room_add(room, channel, data);

	room_commit(room);
	return id;
}

#endif
