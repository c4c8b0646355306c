/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_TOPIC_H
#define TIDINGS_FCGI_STREAM_TOPIC_H
/*
 * topic - a name, where its events are in the window, and who listens
 *
 * A channel is known while somebody listens, the hub thinks so, or the window
 * holds an event of it; topic_tidy() forgets it afterwards.  Positions are
 * the window's: they rise by one with each event and are never used twice.
 *
 * A pattern that somebody listens to is a topic of its own, in a table of its
 * own: its events are those stored ones of the channels that it matches
 * (patterns.h).  It is forgotten with its last listener, whatever it holds.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

enum topic_privacy { TOPIC_UNASKED, TOPIC_PUBLIC, TOPIC_PRIVATE };

struct topic {
	struct table_node node;	 /* by its name */
	struct node memberships; /* struct membership.node, one for each
				    subscriber */
	struct topic *next_due;	 /* the fan-out's list; see due */
	uint64_t *held;		 /* ring of positions in the window, rising */
	uint64_t evicted;	 /* the newest position that left the window */
	uint32_t head, count, size; /* of the ring; size is a power of two */
	uint32_t subscribers;
	struct node report;	     /* report.c's, and ... */
	uint32_t told, told_hub;     /* ... which hub was told how many */
	struct patterns_of *matched; /* patterns.c's, of a channel */
	struct selector *selector;   /* of a pattern; NULL = a channel */
	bool due;    /* has events that no fan-out has covered */
	bool filled; /* a pattern's: it has been given what the window holds */
	uint8_t privacy; /* enum topic_privacy: the window's */
	uint16_t name_len;
	char key[]; /* its kind (enum selector_kind), and its name */
};

struct topics;
struct patterns;

struct topics *topics_new(void);
void topics_free(struct topics *topics);

/* The channel of that name (1 to 255 bytes), made if it is not known. */
struct topic *topic_get(struct topics *topics, struct span name);
struct topic *topic_find(const struct topics *topics, struct span name);
/* The pattern's topic, likewise; `text` has no fault and is no channel's name
 * (lib/event/selector.h). */
struct topic *topic_get_pattern(struct topics *topics, struct span text);
struct topic *topic_find_pattern(const struct topics *topics, struct span text);
/* All patterns that somebody listens to. */
struct patterns *topics_patterns(const struct topics *topics);
/* All channels, in no order: those that are known. */
struct topic *topics_first(const struct topics *topics);
struct topic *topics_next(
	const struct topics *topics, const struct topic *topic);
/* Frees the channel if nothing holds it any more. */
void topic_tidy(struct topics *topics, struct topic *topic);

static inline struct span topic_name(const struct topic *topic)
{
	return span(topic->key + 1, topic->name_len);
}

/* What no other topic has: its kind, in one byte, and its name. */
static inline struct span topic_key(const struct topic *topic)
{
	return span(topic->key, topic->name_len + 1u);
}

static inline bool topic_is_pattern(const struct topic *topic)
{
	return topic->selector != NULL;
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
