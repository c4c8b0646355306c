/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_UNHEARD_H
#define TIDINGS_FCGI_POST_UNHEARD_H
/*
 * unheard - deletions that the hub has stored, and the window has not heard of
 *
 * The hub says "stored" first, then tells its followers, and we are one.
 * Whoever is answered in between and comes back at once would be given from
 * memory what he has just deleted.  So the answer waits for the window, which
 * mostly is there in the same turn.  If the hub goes meanwhile it waits for the
 * next one, UNHEARD_MS at most; then it is a 503.
 */
#include <stdbool.h>
#include <stdint.h>

struct deferred;
struct loop;
struct unheard;

enum {
	UNHEARD_ORDER = 5, /* in a turn: after the uplink */
	UNHEARD_MS = 5000,
};

/* `is_heard`: has the window come to that id, or is there none? */
struct unheard *unheard_new(struct loop *loop,
	bool (*is_heard)(const void *arg, uint64_t id), const void *arg);
/* Nobody may be left; NULL will do. */
void unheard_free(struct unheard *unheard);

/* `heard` is called once the window has come to `id`, maybe at once. */
void unheard_wait(struct unheard *unheard, struct deferred *deferred,
	uint64_t id, void (*heard)(struct deferred *deferred));

#endif
