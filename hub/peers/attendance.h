/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_ATTENDANCE_H
#define TIDINGS_HUB_PEERS_ATTENDANCE_H
/*
 * attendance - who has been told to be where
 *
 * Entries, one for each subscription, by the ids of the events that told of
 * them, which only rise: all of them, and those of each topic.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/event/active.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"
#include "lib/wire.h"

enum {
	ATTENDANCE_LINES = 256, /* of one answer, whatever was asked, ... */
	ATTENDANCE_BYTES = 64 << 10, /* ... and about so many bytes */
};

/* Somebody, as he is told of. */
struct attendant {
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
	uint64_t since;
	bool open; /* lib/event/active.h */
	struct span user, payload;
};

struct attendance_topic;

struct attendance_entry {
	struct table_node by_id;
	uint64_t id;
	struct attendance_topic *topic;
	struct node of_all, of_topic;
	const struct attendant *who;
};

struct attendance {
	struct table topics, ids;
	struct node all;
};

void attendance_open(struct attendance *attendance);
/* Nobody is in it any more. */
void attendance_close(struct attendance *attendance);

/* `entry` is the caller's, and not in it; its id is above all others. */
void attendance_enter(struct attendance *attendance,
	struct attendance_entry *entry, struct span topic);
void attendance_leave(
	struct attendance *attendance, struct attendance_entry *entry);

struct attendance_question {
	struct span topic; /* empty = any */
	uint64_t after;
	uint16_t limit;
};

/* Appends `u8 more, u32 count` and the entries, as in PRESENT. */
void attendance_put(const struct attendance *attendance,
	const struct attendance_question *question, struct buf *out);
/* Likewise those of one: `entries`, of which the topic is right. */
void attendance_put_some(const struct attendance_entry *entries, size_t count,
	struct span topic, struct buf *out);

#endif
