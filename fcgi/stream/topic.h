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
 * own: its events are those of the channels that it matches (patterns.h) which
 * it carries (selection.h).  It is forgotten with its last listener, whatever
 * it holds.  A channel of which somebody wants only some types of event is such
 * a pattern too: it matches one channel.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/event/selector.h"
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
	struct patterns_of *matched; /* patterns.c's, of a channel: NULL = none
					do, ... */
	uint64_t number; /* ... of those up to this one; a pattern's: its own */
	uint64_t looked; /* fill.c's: the position up to which a pattern was
			    given its events, or the number of the pattern
			    that a channel was last compared with ... */
	struct filter *filter; /* what it wants of its channel, if it is one of
				  filter.h's; NULL */
	struct selector *selector; /* of a pattern; NULL = a channel */
	bool fits;		   /* ... and whether that matches */
	bool filled;	 /* a pattern has been given what the window holds */
	bool due;	 /* has events that no fan-out has covered */
	uint8_t privacy; /* enum topic_privacy: the window's */
	uint16_t name_len, types_len;
	char key[]; /* its kind and its name, as they are in a PAGE (wire.h),
		       and the types that are wanted (types.h) */
};

enum { TOPIC_HEAD = 3 }; /* bytes of a key before the name */

struct topics;
struct patterns;

struct topics *topics_new(void);
void topics_free(struct topics *topics);

/* The channel of that name (1 to TOPIC_MAX bytes), made if it is not known. */
struct topic *topic_get(struct topics *topics, struct span name);
struct topic *topic_find(const struct topics *topics, struct span name);
/* The pattern's topic, likewise.  Its text has no fault, as one of that kind.
 */
struct topic_pattern {
	enum selector_kind kind;
	struct span text, types;
};
struct topic *topic_get_pattern(
	struct topics *topics, const struct topic_pattern *pattern);
struct topic *topic_find_pattern(
	const struct topics *topics, const struct topic_pattern *pattern);
/* All patterns that somebody listens to. */
struct patterns *topics_patterns(const struct topics *topics);
/* Frees the channel if nothing holds it any more. */
void topic_tidy(struct topics *topics, struct topic *topic);

static inline struct span topic_name(const struct topic *topic)
{
	return span(topic->key + TOPIC_HEAD, topic->name_len);
}

static inline enum selector_kind topic_kind(const struct topic *topic)
{
	return (enum selector_kind)topic->key[0];
}

static inline struct span topic_types(const struct topic *topic)
{
	return span(
		topic->key + TOPIC_HEAD + topic->name_len, topic->types_len);
}

/* What no other topic has. */
static inline struct span topic_key(const struct topic *topic)
{
	return span(topic->key,
		(size_t)TOPIC_HEAD + topic->name_len + topic->types_len);
}

/* Of a key: what the hub is asked for, as in a PAGE, and the rest. */
static inline enum selector_kind topic_key_kind(struct span key)
{
	return (enum selector_kind)key.at[0];
}

struct span topic_key_asked(struct span key);
struct span topic_key_types(struct span key);

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

/* Is the last one `position`? */
static inline bool topic_ends_at(const struct topic *topic, uint64_t position)
{
	return topic->count > 0 &&
	       topic_at(topic, topic->count - 1) == position;
}

#endif
