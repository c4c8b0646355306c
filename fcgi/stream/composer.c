/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/composer.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/http/record.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/milestone.h"
#include "fcgi/stream/selection.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/view.h"
#include "fcgi/stream/window.h"
#include "lib/heap.h"

enum {
	KEPT = 16,	 /* a newer batch takes the slot of an older one */
	KEPT_SHIFT = 60, /* 64 bits, less those that number KEPT */
	TEXT_KEPT = 256 << 10, /* bytes of scratch that outlive a large event */
};

/* A batch and for whom it is right: who lacks the event at `first` and what
 * follows, on exactly these channels, and is shown the same of it. */
struct kept {
	struct batch *batch;
	struct view view;
	uint64_t first;
	uint64_t generation; /* of the window's patterns */
	uint16_t request;
	uint16_t count;
	uint8_t dress;
	bool gzip;
	const struct topic **topics; /* sorted as in the memberships */
};

/* A channel of the subscriber, and its next event. */
struct lane {
	struct heap_node node; /* by its position */
	const struct topic *topic;
	uint32_t index;
};

struct composer {
	struct window *window;
	struct kept kept[KEPT];
	bool any;	    /* something is kept */
	struct buf text;    /* scratch */
	struct view view;   /* of what is in it */
	uint32_t events;    /* stored ones in it */
	struct lane *lanes; /* scratch */
	size_t room;
	struct heap heap; /* of lanes, by position */
};

struct composer *composer_new(struct window *window)
{
	struct composer *composer = mem_new(sizeof(*composer));

	composer->window = window;
	return composer;
}

static void forget(struct kept *kept)
{
	batch_drop(kept->batch);
	view_release(&kept->view);
	free(kept->topics);
	*kept = (struct kept){0};
}

void composer_clear(struct composer *composer)
{
	if (!composer->any)
		return;
	for (size_t i = 0; i < KEPT; i++)
		if (composer->kept[i].batch != NULL)
			forget(&composer->kept[i]);
	composer->any = false;
	if (composer->text.size > TEXT_KEPT)
		buf_release(&composer->text);
}

void composer_free(struct composer *composer)
{
	if (composer == NULL)
		return;
	composer_clear(composer);
	buf_release(&composer->text);
	view_release(&composer->view);
	free(composer->lanes);
	heap_release(&composer->heap);
	free(composer);
}

/* ---- sharing */

static bool same_topics(const struct kept *kept, const struct subscriber *sub)
{
	if (kept->count != sub->count)
		return false;
	for (uint16_t i = 0; i < sub->count; i++)
		if (kept->topics[i] != sub->memberships[i].topic)
			return false;
	return true;
}

/* Many begin behind a milestone: by the upper bits of a product, which all of
 * the place decides. */
static struct kept *slot(
	struct composer *composer, const struct subscriber *sub, uint64_t first)
{
	uint64_t place = first << 1 | sub->gzip;

	return &composer->kept[place * 0x9e3779b97f4a7c15 >> KEPT_SHIFT];
}

static struct batch *shared(struct composer *composer,
	const struct subscriber *sub, uint64_t first, uint64_t horizon)
{
	const struct kept *kept = slot(composer, sub, first);

	if (kept->batch == NULL || kept->first != first ||
		kept->request != sub->request ||
		kept->generation != window_generation(composer->window) ||
		kept->dress != sub->dress || kept->gzip != sub->gzip ||
		kept->batch->pos > horizon || !same_topics(kept, sub) ||
		!view_is_of(&kept->view, composer->window, sub->grant))
		return NULL;
	return batch_hold(kept->batch);
}

static void keep(struct composer *composer, const struct subscriber *sub,
	uint64_t first, struct batch *batch)
{
	struct kept *kept = slot(composer, sub, first);

	forget(kept);
	*kept = (struct kept){.batch = batch_hold(batch),
		.first = first,
		.generation = window_generation(composer->window),
		.request = sub->request,
		.count = sub->count,
		.dress = sub->dress,
		.gzip = sub->gzip,
		.view = composer->view,
		.topics = mem_new(sub->count * sizeof(*kept->topics))};
	for (uint16_t i = 0; i < sub->count; i++)
		kept->topics[i] = sub->memberships[i].topic;
	composer->view = (struct view){0};
	composer->any = true;
}

/* ---- the channels, merged by position */

static void gather(struct composer *composer, const struct subscriber *sub)
{
	heap_clear(&composer->heap);
	if (composer->room < sub->count) {
		composer->room = sub->count;
		composer->lanes = mem_resize(composer->lanes,
			composer->room * sizeof(*composer->lanes));
	}
	for (uint16_t i = 0; i < sub->count; i++) {
		const struct topic *topic = sub->memberships[i].topic;
		uint32_t index = topic_after(topic, sub->pos);
		struct lane *lane = &composer->lanes[i];

		if (index == topic->count)
			continue;
		*lane = (struct lane){.topic = topic, .index = index};
		heap_add(&composer->heap, &lane->node, topic_at(topic, index));
	}
}

/* Whose next event comes first, if it is not beyond the horizon; or NULL. */
static struct lane *first_lane(
	const struct composer *composer, uint64_t horizon)
{
	struct heap_node *node = heap_first(&composer->heap);

	if (node == NULL || node->key > horizon)
		return NULL;
	return heap_entry(node, struct lane, node);
}

/* Moves the lane on to its next event. */
static void advance(struct composer *composer, struct lane *lane)
{
	const struct topic *topic = lane->topic;

	if (++lane->index < topic->count)
		heap_move(&composer->heap, &lane->node,
			topic_at(topic, lane->index));
	else
		heap_remove(&composer->heap, &lane->node);
}

/* ---- composing */

/* Asked once for each delivery. */
static inline bool lacks(
	const struct subscriber *sub, const struct entry *entry)
{
	const struct wire_event *event = &entry->event;

	if (entry->gone)
		return false;
	/* What is volatile has neither an id nor traits. */
	if (event->id <= sub->id)
		return event->id == 0 && sub->dress != EVENT_MERCURE;
	return event->traits.len == 0 || selection_takes(sub, event->traits);
}

/* At a private event: notes it; false if there is no room for it. */
static bool look(struct composer *composer, const struct subscriber *sub,
	uint64_t position, bool *shown)
{
	const struct entry *entry = window_entry(composer->window, position);

	*shown = view_opens(sub->grant, entry);
	return view_note(&composer->view, composer->window, position, *shown);
}

/* Appends the event at `position` if the subscriber lacks it and may read it;
 * false if the batch is full without it. */
static bool add(struct composer *composer, const struct subscriber *sub,
	uint64_t position)
{
	const struct entry *entry = window_entry(composer->window, position);
	size_t before = composer->text.len;
	bool shown = true;

	if (!lacks(sub, entry))
		return true;
	if (entry->is_private && !look(composer, sub, position, &shown))
		return false;
	if (!shown)
		return true;
	if (before >= RECORD_BODY)
		return false;
	event_text(&composer->text, &entry->event,
		event_dress(sub->dress, entry->is_private));
	if (before > 0 && composer->text.len > RECORD_BODY) {
		composer->text.len = before;
		return false;
	}
	composer->events += entry->event.id != 0;
	return true;
}

/* The position of the next event that it is to be given, 0 if there is none. */
static uint64_t find_first(struct composer *composer,
	const struct subscriber *sub, uint64_t horizon)
{
	struct lane *lane;

	gather(composer, sub);
	while ((lane = first_lane(composer, horizon)) != NULL) {
		const struct entry *entry =
			window_entry(composer->window, lane->node.key);

		if (lacks(sub, entry) && view_shows(sub->grant, entry))
			return lane->node.key;
		advance(composer, lane);
	}
	return 0;
}

/* It is full before that position; returns the one up to which it goes. */
static uint64_t end_full(struct composer *composer,
	const struct milestone *best, uint64_t position)
{
	if (best->len == 0)
		return position - 1;
	composer->text.len = best->len;
	composer->events = best->events;
	return best->through;
}

/* The lanes are at the first event that it lacks. */
static struct batch *compose(struct composer *composer,
	const struct subscriber *sub, uint64_t horizon)
{
	uint64_t through = horizon, before = 0;
	struct milestone best = {0};
	struct batch *batch;
	struct lane *lane;

	buf_clear(&composer->text);
	view_begin(&composer->view, sub->grant);
	composer->events = 0;
	while ((lane = first_lane(composer, horizon)) != NULL) {
		uint64_t position = lane->node.key;

		if (sub->gzip && composer->text.len >= RECORD_BODY / 2)
			milestone_pass(&best, before, position,
				composer->text.len, composer->events);
		if (!add(composer, sub, position)) {
			through = end_full(composer, &best, position);
			break;
		}
		before = position;
		/* Patterns have it as well. */
		do
			advance(composer, lane);
		while ((lane = first_lane(composer, position)) != NULL);
	}
	batch = batch_new(sub->request, buf_span(&composer->text));
	batch->events = composer->events;
	batch->common = true;
	batch->pos = through;
	batch->id = window_mark(composer->window, through);
	return batch;
}

struct batch *composer_next(struct composer *composer,
	const struct subscriber *sub, uint64_t horizon)
{
	struct batch *batch;
	uint64_t first;

	if (sub->pos >= horizon)
		return NULL;
	first = find_first(composer, sub, horizon);
	if (first == 0)
		return NULL;
	batch = shared(composer, sub, first, horizon);
	if (batch == NULL) {
		batch = compose(composer, sub, horizon);
		keep(composer, sub, first, batch);
	}
	return batch;
}
