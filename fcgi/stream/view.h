/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_VIEW_H
#define TIDINGS_FCGI_STREAM_VIEW_H
/*
 * view - what a grant shows of the private events of a batch
 *
 * Whoever has another grant that shows the same of them may be given the same
 * batch.  What is asked is one question for each channel, and one for each
 * event on several channels; no more than VIEW_MOST in a batch.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/stream/window.h"

struct grant;

enum { VIEW_MOST = 64 };

/* All zero: there were none. */
struct view {
	uint64_t *positions; /* VIEW_MOST of them, NULL until the first */
	uint64_t shown;	     /* a bit each */
	uint64_t serial;     /* of the grant (grant_serial) */
	uint8_t count;
};

void view_begin(struct view *view, const struct grant *grant);
void view_release(struct view *view);

/* Does this grant show the private event of the window? */
bool view_opens(const struct grant *grant, const struct entry *entry);
/* Likewise any event: one that is not private is shown to all. */
static inline bool view_shows(
	const struct grant *grant, const struct entry *entry)
{
	return !entry->is_private || view_opens(grant, entry);
}
/* Notes what is said of a private event; false if there is no room for another
 * question. */
bool view_note(struct view *view, const struct window *window,
	uint64_t position, bool shown);
/* Does the grant show the same of the private events?  All positions must be in
 * the window still. */
bool view_agrees(const struct view *view, const struct window *window,
	const struct grant *grant);
/* Likewise if there were none. */
static inline bool view_is_of(const struct view *view,
	const struct window *window, const struct grant *grant)
{
	return view->count == 0 || view_agrees(view, window, grant);
}

#endif
