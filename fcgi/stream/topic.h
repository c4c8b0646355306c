/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_TOPIC_H
#define TIDINGS_FCGI_STREAM_TOPIC_H
/*
 * topic - a name, where its events are in the window, and who listens
 *
 * A channel is known while somebody listens, the hub thinks so, or the window
 * holds an event of it; topic_tidy() forgets it afterwards.  Positions are
 * the window's: they rise by one with each event and are never used twice.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

struct topic {
	struct table_node node;	 /* by its name */
	struct node memberships; /* struct membership.node, one for each
				    subscriber */
	struct topic *next_due;	 /* the fan-out's list; see due */
	uint64_t *held;		 /* ring of positions in the window, rising */
	uint64_t evicted;	 /* the newest position that left the window */
	uint32_t head, count, size; /* of the ring; size is a power of two */
	uint32_t subscribers;
	struct node report;	 /* report.c's, and ... */
	uint32_t told, told_hub; /* ... which hub was told how many */
	bool due;		 /* has events that no fan-out has covered */
	uint8_t name_len;
	char name[];
};

struct topics;

struct topics *topics_new(void);
void topics_free(struct topics *topics);

/* The channel of that name (1 to 255 bytes), made if it is not known. */
struct topic *topic_get(struct topics *topics, struct span name);
struct topic *topic_find(const struct topics *topics, struct span name);
/* Frees the channel if nothing holds it any more. */
void topic_tidy(struct topics *topics, struct topic *topic);

static inline struct span topic_name(const struct topic *topic)
{
	return span(topic->name, topic->name_len);
}

/* ---- the window's side */
void topic_push(struct topic *topic, uint64_t position);
/* The oldest held position leaves the window; it must be `position`. */
void topic_evict(struct topic *topic, uint64_t position);

/* ---- the readers' side: index of the first held position above `position`,
 * `count` if there is none; and the position at an index. */
uint32_t topic_after(const struct topic *topic, uint64_t position);

static inline uint64_t topic_at(const struct topic *topic, uint32_t index)
{
	return topic->held[(topic->head + index) & (topic->size - 1)];
}

#endif
