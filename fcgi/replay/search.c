/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/search.h"

#include <stdlib.h>

#include "fcgi/guard/grant.h"
#include "fcgi/replay/lasts.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/call.h"
#include "lib/event/erasure.h"
#include "lib/event/selector.h"
#include "lib/event/traits.h"
#include "lib/loop.h"

enum { MISSED_MOST = 3 };

/* ---- one */

static struct last *last_new(struct search *search, struct span channel)
{
	struct last *last = mem_new(sizeof(*last));

	last->of = search;
	last->channel = mem_text(channel);
	list_init(&last->todo);
	return last;
}

static void last_free(struct last *last)
{
	struct search *search = last->of;

	if (last->call != NULL) {
		call_forget(last->call);
		--*search->asking;
	}
	search->bytes -= last->text.len;
	list_remove(&last->todo);
	heap_remove(&search->values, &last->by_id);
	buf_release(&last->text);
	free(last->channel);
	free(last);
}

static struct last *first(const struct search *search)
{
	struct heap_node *node = heap_first(&search->values);

	return node == NULL ? NULL : heap_entry(node, struct last, by_id);
}

/* ---- which are kept */

static void cut(struct search *search)
{
	while (search->values.count > LASTS_MOST ||
		search->bytes > LASTS_BYTES) {
		last_free(first(search));
		search->cut = true;
	}
}

static bool is_for(const struct search *search, const struct wire_event *event,
	bool is_private)
{
	const struct subscriber *sub = search->sub;
	uint64_t now = clock_date_ms(loop_clock(sub->home->loop));

	if (event->traits.len > 0 &&
		(traits_are_guarded(event->traits) ||
			traits_have_expired(event->traits, now)))
		return false;
	return !is_private ||
	       grant_reads(sub->grant, event->channel, event->traits);
}

void search_take(struct search *search, struct last *last,
	const struct wire_event *event, bool is_private)
{
	if (event == NULL || !is_for(search, event, is_private)) {
		last_free(last);
		return;
	}
	list_remove(&last->todo);
	last->shown = event->id + traits_rise(event->traits);
	event_text(&last->text, event,
		event_dress(search->sub->dress, is_private));
	search->bytes += last->text.len;
	cut(search);
}

/* Its event is known: it is in the window, or is asked for. */
static void place(
	struct search *search, const struct window *window, struct last *last)
{
	const struct entry *entry;
	uint64_t pos;

	heap_add(&search->values, &last->by_id, last->id);
	if (window_locate(window, last->id, &pos) &&
		pos > window_floor(window)) {
		entry = window_entry(window, pos);
		search_take(search, last, entry->gone ? NULL : &entry->event,
			entry->is_private);
		return;
	}
	list_append(&search->todo, &last->todo);
	cut(search);
}

void search_add(struct search *search, const struct window *window,
	struct span channel, uint64_t id)
{
	struct last *last = last_new(search, channel);

	last->id = id;
	place(search, window, last);
}

void search_set_id(struct search *search, const struct window *window,
	struct last *last, uint64_t id)
{
	list_remove(&last->todo);
	last->id = id;
	if (id == 0 || id > search->upto)
		last_free(last);
	else
		place(search, window, last);
}

void search_miss(struct search *search, struct last *last)
{
	list_remove(&last->todo);
	if (++last->missed > MISSED_MOST) {
		last_free(last);
		return;
	}
	heap_remove(&search->values, &last->by_id);
	last->id = 0;
	list_append(&search->todo, &last->todo);
}

bool search_holds(const struct search *search, const struct erasure *erasure)
{
	for (size_t i = 0; i < search->values.count; i++) {
		const struct last *last = heap_entry(
			search->values.places[i].node, struct last, by_id);

		if (erasure->channel.len > 0
				? span_equal(erasure->channel,
					  span_of(last->channel))
				: last->id >= erasure->first &&
					  last->id <= erasure->last)
			return true;
	}
	return false;
}

/* ---- the window */

/* The newest that is for him, from there downwards. */
static const struct entry *find(const struct search *search,
	const struct window *window, const struct topic *topic)
{
	for (uint32_t i = topic->count; i > 0; i--) {
		const struct entry *entry =
			window_entry(window, topic_at(topic, i - 1));

		if (entry->event.id != 0 && !entry->gone &&
			is_for(search, &entry->event, entry->is_private))
			return entry;
	}
	return NULL;
}

static void add_channel(struct search *search, const struct window *window,
	const struct topic *topic)
{
	const struct entry *entry = find(search, window, topic);

	if (entry != NULL)
		search_add(search, window, topic_name(topic), entry->event.id);
	else
		list_append(&search->todo,
			&last_new(search, topic_name(topic))->todo);
}

struct search *search_new(struct subscriber *sub, unsigned *asking)
{
	struct search *search = mem_new(sizeof(*search));

	search->sub = sub;
	search->asking = asking;
	fair_place_init(&search->place);
	list_init(&search->fellow);
	list_init(&search->todo);
	list_init(&search->asked);
	return search;
}

void search_begin(struct search *search, const struct window *window)
{
	const struct subscriber *sub = search->sub;

	search->begun = true;
	search->upto = window_newest(window);
	search->listing = sub->patterns > 0;
	for (uint16_t i = 0; i < sub->count - sub->patterns; i++)
		add_channel(search, window, sub->memberships[i].topic);
}

void search_free(struct search *search)
{
	struct node *lists[] = {&search->todo, &search->asked};

	for (size_t i = 0; i < 2; i++)
		while (!list_empty(lists[i]))
			last_free(
				list_entry(lists[i]->next, struct last, todo));
	while (first(search) != NULL)
		last_free(first(search));
	if (search->list != NULL) {
		call_forget(search->list);
		--*search->asking;
	}
	fair_queue_remove(&search->place);
	list_remove(&search->fellow);
	heap_release(&search->values);
	buf_release(&search->after);
	free(search);
}

/* ---- patterns */

static bool names(const struct subscriber *sub, struct span channel)
{
	for (uint16_t i = 0; i < sub->count - sub->patterns; i++)
		if (span_equal(topic_name(sub->memberships[i].topic), channel))
			return true;
	return false;
}

bool search_wants(const struct search *search, struct span channel)
{
	const struct subscriber *sub = search->sub;

	for (uint16_t i = (uint16_t)(sub->count - sub->patterns);
		i < sub->count; i++)
		if (selector_matches(
			    sub->memberships[i].topic->selector, channel))
			return !names(sub, channel);
	return false;
}

/* ---- the end */

bool search_is_over(const struct search *search)
{
	return !search->listing && search->list == NULL &&
	       list_empty(&search->todo) && list_empty(&search->asked);
}

void search_end(
	struct search *search, struct lasts_found *found, struct buf *text)
{
	struct last *last;
	uint64_t shown = 0;

	*found = (struct lasts_found){.upto = search->upto, .cut = search->cut};
	while ((last = first(search)) != NULL) {
		/* Rows of one event follow each other. */
		if (last->shown != shown) {
			buf_add_span(text, buf_span(&last->text));
			found->count++;
		}
		shown = last->shown;
		if (found->oldest == 0)
			found->oldest = last->id;
		found->newest = last->shown;
		last_free(last);
	}
	found->text = buf_span(text);
}
