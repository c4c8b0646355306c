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

struct grant;
struct window;

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

/* Is the event at that position, which is in the window, one that this grant
 * shows?  Any event is that is not private. */
bool view_shows(const struct window *window, const struct grant *grant,
	uint64_t position);
/* Notes what is said of a private event; false if there is no room for another
 * question. */
bool view_note(struct view *view, const struct window *window,
	uint64_t position, bool shown);
/* Does the grant show the same of them?  All positions must be in the window
 * still. */
bool view_is_of(const struct view *view, const struct window *window,
	const struct grant *grant);

#endif
