/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/window.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/carry.h"
#include "fcgi/stream/patterns.h"
#include "lib/buf.h"
#include "lib/event/erasure.h"
#include "lib/event/privacy.h"
#include "lib/search.h"

enum {
	FIRST_ENTRIES = 1024,
	/* The ring is up to twice as long as what is in it; malloc's share and
	 * the channel's list of positions come on top. */
	PER_ENTRY = 2 * sizeof(struct entry) + 48,
	PER_TOPIC = sizeof(struct topic) + 64,
	PER_POSITION = 16, /* in a pattern's list */
};

struct window {
	struct topics *topics;
	const struct privacy *privacy;
	struct patterns *patterns; /* the topics' */
	struct entry *entries;	   /* ring: position & (size - 1) */
	size_t size;		   /* a power of two */
	uint64_t floor;		   /* position; oldest held is floor + 1 */
	uint64_t end;
	uint64_t voided;
	uint64_t from;
	size_t bytes, limit;
	bool valid;
};

struct window *window_new(size_t limit, struct topics *topics)
{
	struct window *window = mem_new(sizeof(*window));

	window->topics = topics;
	window->patterns = topics_patterns(topics);
	window->limit = limit;
	window->size = FIRST_ENTRIES;
	window->entries = mem_new(window->size * sizeof(*window->entries));
	return window;
}

void window_guard(struct window *window, const struct privacy *privacy)
{
	window->privacy = privacy;
}

const struct privacy *window_privacy(const struct window *window)
{
	return window->privacy;
}

static struct entry *entry(const struct window *window, uint64_t position)
{
	return &window->entries[position & (window->size - 1)];
}

/* What the event takes; the first of a channel pays for the channel too. */
static size_t cost(const struct wire_event *event, const struct topic *topic)
{
	size_t bytes = event->type.len + event->traits.len + event->data.len +
		       PER_ENTRY;

	if (topic->count == 1)
		bytes += topic->name_len + PER_TOPIC;
	return bytes;
}

const struct patterns_of *window_patterns(
	const struct window *window, struct topic *topic)
{
	return patterns_match(window->patterns, topic);
}

struct topics *window_topics(const struct window *window)
{
	return window->topics;
}

uint64_t window_generation(const struct window *window)
{
	return window->patterns->generation;
}

static void evict(struct window *window)
{
	uint64_t position = window->floor + 1;
	struct entry *oldest = entry(window, position);

	topic_evict(oldest->topic, position);
	if (patterns_may_match(window->patterns, oldest->topic))
		carry_evict(window->patterns, oldest->topic, &oldest->event,
			position);
	topic_tidy(window->topics, oldest->topic);
	window->bytes -= oldest->cost;
	window->from = oldest->mark;
	window->floor = position;
	free(oldest->bytes);
}

static void empty(struct window *window)
{
	while (window->floor < window->end)
		evict(window);
}

void window_free(struct window *window)
{
	if (window == NULL)
		return;
	empty(window);
	free(window->entries);
	free(window);
}

void window_begin(struct window *window, uint64_t from)
{
	empty(window);
	/* One position is spent, so that those who were at the end are
	 * below the window too. */
	window->end++;
	window->floor = window->voided = window->end;
	window->from = from;
	window->valid = true;
}

static void widen(struct window *window)
{
	struct entry *old = window->entries;
	size_t old_size = window->size;

	window->size *= 2;
	window->entries = mem_new(window->size * sizeof(*window->entries));
	for (uint64_t p = window->floor + 1; p <= window->end; p++)
		*entry(window, p) = old[p & (old_size - 1)];
	free(old);
}

/* To *at, which goes on behind it. */
static struct span move(char **at, struct span bytes)
{
	char *to = *at;

	if (bytes.len > 0)
		memcpy(to, bytes.at, bytes.len);
	*at += bytes.len;
	return span(to, bytes.len);
}

static void copy(struct entry *to, const struct wire_event *event)
{
	char *bytes = mem_resize(NULL,
		event->type.len + event->traits.len + event->data.len + 1);

	to->bytes = bytes;
	to->event = *event;
	to->event.type = move(&bytes, event->type);
	to->event.traits = move(&bytes, event->traits);
	to->event.data = move(&bytes, event->data);
	to->event.channel = topic_name(to->topic);
}

/* A channel is asked about once, when its first event comes. */
static bool is_private(
	const struct window *window, struct topic *topic, struct span traits)
{
	if (topic->privacy == TOPIC_UNASKED)
		topic->privacy = privacy_hides_channel(
					 window->privacy, topic_name(topic))
					 ? TOPIC_PRIVATE
					 : TOPIC_PUBLIC;
	return topic->privacy == TOPIC_PRIVATE ||
	       (traits.len > 0 &&
		       privacy_hides_traits(window->privacy, traits));
}

static bool is_over(const struct window *window)
{
	return window->bytes + window->patterns->held * PER_POSITION >
	       window->limit;
}

struct topic *window_append(
	struct window *window, const struct wire_event *event)
{
	struct topic *topic = topic_get(window->topics, event->channel);
	uint64_t newest = window_newest(window);
	struct entry *to;

	if (window->end - window->floor == window->size)
		widen(window);
	window->end++;
	topic_push(topic, window->end);
	if (patterns_may_match(window->patterns, topic))
		carry_push(window->patterns, topic, event, window->end);
	to = entry(window, window->end);
	to->topic = topic;
	to->mark = event->id != 0 ? event->id : newest;
	copy(to, event);
	to->is_private = is_private(window, topic, event->traits);
	to->cost = (uint32_t)cost(event, topic);
	window->bytes += to->cost;
	while (is_over(window) && window->floor + 1 < window->end)
		evict(window);
	return topic;
}

/* Its channel, traits and type say which patterns carry it, until it leaves. */
static void blank(struct entry *entry)
{
	struct span *data = &entry->event.data;

	if (data->len > 0)
		memset((char *)entry->bytes + entry->event.type.len +
				entry->event.traits.len,
			0, data->len);
	data->len = 0;
	entry->gone = true;
}

static void erase_ids(
	const struct window *window, uint64_t first, uint64_t last)
{
	uint64_t position;

	if (!window->valid || last <= window->from)
		return;
	position = window_seek(
		window, first <= window->from ? window->from : first - 1);
	while (++position <= window->end &&
		window_mark(window, position) <= last)
		if (entry(window, position)->event.id >= first)
			blank(entry(window, position));
}

void window_erase(struct window *window, const struct erasure *erasure)
{
	const struct topic *topic = NULL;

	if (erasure->channel.len == 0)
		erase_ids(window, erasure->first, erasure->last);
	else
		topic = topic_find(window->topics, erasure->channel);
	for (uint32_t i = 0; topic != NULL && i < topic->count; i++) {
		struct entry *held = entry(window, topic_at(topic, i));

		if (erasure->last == 0 || held->event.id <= erasure->last)
			blank(held);
	}
}

bool window_valid(const struct window *window)
{
	return window->valid;
}

uint64_t window_from(const struct window *window)
{
	return window->from;
}

uint64_t window_newest(const struct window *window)
{
	return window_mark(window, window->end);
}

uint64_t window_end(const struct window *window)
{
	return window->end;
}

uint64_t window_floor(const struct window *window)
{
	return window->floor;
}

uint64_t window_voided(const struct window *window)
{
	return window->voided;
}

const struct entry *window_entry(const struct window *window, uint64_t position)
{
	assert(position > window->floor && position <= window->end);
	return entry(window, position);
}

uint64_t window_mark(const struct window *window, uint64_t position)
{
	assert(position >= window->floor && position <= window->end);
	if (position == window->floor)
		return window->from;
	return entry(window, position)->mark;
}

static uint64_t mark_at(const void *of, uint64_t position)
{
	return window_mark(of, position);
}

uint64_t window_seek(const struct window *window, uint64_t id)
{
	assert(id >= window->from);
	return search_above(window->floor + 1, window->end + 1, mark_at, window,
		       id) -
	       1;
}

bool window_locate(const struct window *window, uint64_t id, uint64_t *position)
{
	if (!window->valid || id < window->from)
		return false;
	*position = window_seek(window, id);
	return window_mark(window, *position) == id;
}
