/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/view.h"

#include <stdlib.h>

#include "fcgi/guard/grant.h"
#include "fcgi/stream/window.h"
#include "lib/buf.h"
#include "lib/event/traits.h"

void view_begin(struct view *view, const struct grant *grant)
{
	view->serial = grant_serial(grant);
	view->shown = 0;
	view->count = 0;
}

void view_release(struct view *view)
{
	free(view->positions);
	*view = (struct view){0};
}

bool view_opens(const struct grant *grant, const struct entry *entry)
{
	return grant_reads(grant, entry->event.channel, entry->event.traits);
}

static bool is_on_several(const struct entry *entry)
{
	struct trait_topics topics;

	return entry->event.traits.len > 0 &&
	       trait_topics(entry->event.traits, &topics);
}

/* Is what a grant says of the one event true of the other? */
static bool is_one_question(const struct window *window, uint64_t a, uint64_t b)
{
	const struct entry *one = window_entry(window, a);
	const struct entry *other = window_entry(window, b);

	return one->topic == other->topic && !is_on_several(one) &&
	       !is_on_several(other);
}

bool view_note(struct view *view, const struct window *window,
	uint64_t position, bool shown)
{
	for (uint8_t i = 0; i < view->count; i++)
		if (is_one_question(window, view->positions[i], position))
			return true;
	if (view->count == VIEW_MOST)
		return false;
	if (view->positions == NULL)
		view->positions = mem_new(VIEW_MOST * sizeof(*view->positions));
	view->positions[view->count] = position;
	view->shown |= (uint64_t)shown << view->count;
	view->count++;
	return true;
}

bool view_agrees(const struct view *view, const struct window *window,
	const struct grant *grant)
{
	if (view->serial == grant_serial(grant))
		return true;
	for (uint8_t i = 0; i < view->count; i++)
		if (view_shows(
			    grant, window_entry(window, view->positions[i])) !=
			((view->shown >> i & 1) != 0))
			return false;
	return true;
}
