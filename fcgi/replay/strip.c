/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/strip.h"

#include <stdlib.h>

#include "fcgi/guard/grant.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/filter.h"
#include "fcgi/stream/selection.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "fcgi/uplink/questions.h"
#include "lib/event/privacy.h"
#include "lib/search.h"

enum {
	OVERHEAD = 128,	  /* malloc's share, and its place on the shelf */
	CACHE_LINE = 64,  /* bytes, nearly everywhere */
	WANTED_LINES = 3, /* of an event */
};

static bool fits(const struct strip *strip, const struct wire_event *event)
{
	uint64_t before = strip->count > 0 ? strip_last(strip) : strip->from;

	return event->id > before && event->id <= strip->through;
}

/* Where its texts are is found once all are there: the buf moves as it grows.
 */
static void add_choice(
	struct strip *strip, const struct wire_event *event, bool is_private)
{
	struct strip_choice *choice;

	if ((strip->choice_count & (strip->choice_count - 1)) == 0)
		strip->choices = mem_resize(strip->choices,
			(strip->choice_count * 2 + 1) * sizeof(*choice));
	choice = &strip->choices[strip->choice_count++];
	choice->at = strip->count;
	choice->is_private = is_private;
	choice->channel = span(NULL, is_private ? event->channel.len : 0);
	choice->traits = span(NULL, event->traits.len);
	buf_add(&strip->texts, event->channel.at, choice->channel.len);
	buf_add_span(&strip->texts, event->traits);
}

static void place_choices(struct strip *strip)
{
	const char *at = strip->texts.at;

	for (uint32_t i = 0; i < strip->choice_count; i++) {
		strip->choices[i].channel.at = at;
		at += strip->choices[i].channel.len;
		strip->choices[i].traits.at = at;
		at += strip->choices[i].traits.len;
	}
}

static bool is_private(
	const struct privacy *privacy, const struct wire_event *event)
{
	return privacy_hides_channel(privacy, event->channel) ||
	       privacy_hides_traits(privacy, event->traits);
}

static void add_events(struct strip *strip, const struct paged *paged,
	struct span key, enum event_dress dress, const struct privacy *privacy,
	struct buf *text)
{
	enum selector_kind kind = topic_key_kind(key);
	struct span types = topic_key_types(key);
	struct wire_in in = paged->events;
	struct filter *filter = filter_new(types);
	struct wire_event event;
	bool hidden;

	if (filter != NULL)
		types = span(NULL, 0);
	for (uint32_t i = 0; i < paged->count; i++) {
		if (!wire_get_event(wire_get_blob(&in), &event) ||
			!fits(strip, &event) ||
			!selection_carries(kind, types, &event) ||
			!filter_takes(filter, event.traits))
			continue;
		hidden = is_private(privacy, &event);
		event_text(text, &event, event_dress(dress, hidden));
		if (hidden || !selection_is_open(event.traits))
			add_choice(strip, &event, hidden);
		strip->ids[strip->count] = event.id;
		strip->ends[strip->count++] = (uint32_t)text->len;
	}
	filter_free(filter);
	place_choices(strip);
}

struct strip *strip_new(uint64_t from, const struct paged *paged,
	struct span key, enum event_dress dress, const struct privacy *privacy)
{
	struct strip *strip = mem_new(sizeof(*strip));
	struct buf text = {0};

	strip->from = from;
	strip->through = paged->through;
	strip->mark = paged->mark;
	list_init(&strip->idle);
	strip->cost = sizeof(*strip) + OVERHEAD;
	if (paged->count > 0) {
		strip->ids = mem_new(paged->count * sizeof(*strip->ids));
		strip->ends = mem_new(paged->count * sizeof(*strip->ends));
		add_events(strip, paged, key, dress, privacy, &text);
	}
	if (strip->count > 0) {
		strip->batch = batch_new(1, buf_span(&text));
		strip->batch->events = strip->count;
		strip->batch->replay = true;
		strip->batch->common = true;
		strip->cost +=
			strip->batch->len + sizeof(*strip->batch) +
			paged->count *
				(sizeof(*strip->ids) + sizeof(*strip->ends)) +
			strip->texts.size +
			2 * sizeof(*strip->choices) * strip->choice_count;
	}
	buf_release(&text);
	return strip;
}

void strip_free(struct strip *strip)
{
	batch_drop(strip->batch);
	buf_release(&strip->texts);
	free(strip->choices);
	free(strip->ids);
	free(strip->ends);
	free(strip);
}

static uint64_t id_at(const void *of, uint64_t place)
{
	const struct strip *strip = of;

	return strip->ids[place];
}

uint32_t strip_after(const struct strip *strip, uint64_t id)
{
	return (uint32_t)search_above(0, strip->count, id_at, strip, id);
}

static uint64_t choice_at(const void *of, uint64_t place)
{
	const struct strip *strip = of;

	return strip->choices[place].at;
}

static bool is_for(
	const struct strip_choice *choice, const struct subscriber *sub)
{
	return selection_takes(sub, choice->traits) &&
	       (!choice->is_private || grant_reads(sub->grant, choice->channel,
					       choice->traits));
}

bool strip_gives(
	const struct strip *strip, uint32_t index, const struct subscriber *sub)
{
	uint64_t next;

	if (strip->choice_count == 0)
		return true;
	next = search_above(0, strip->choice_count, choice_at, strip, index);
	return next == 0 || strip->choices[next - 1].at != index ||
	       is_for(&strip->choices[next - 1], sub);
}

bool strip_gives_all(const struct strip *strip, const struct subscriber *sub)
{
	for (uint32_t i = 0; i < strip->choice_count; i++)
		if (!is_for(&strip->choices[i], sub))
			return false;
	return true;
}

void strip_text(const struct strip *strip, uint32_t first, uint32_t end,
	struct buf *out)
{
	batch_text(strip->batch, strip_begin(strip, first),
		strip_begin(strip, end), out);
}

void strip_want(const struct strip *strip, uint32_t index)
{
	const char *at = strip->batch->bytes + strip_begin(strip, index);

	for (int i = 0; i < WANTED_LINES; i++)
		__builtin_prefetch(at + (ptrdiff_t)i * CACHE_LINE);
}
