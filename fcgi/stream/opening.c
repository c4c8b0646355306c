/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/opening.h"

#include <assert.h>
#include <stdlib.h>

#include "fcgi/stream/subscriber.h"
#include "lib/buf.h"

enum { LOOK_US = 100000 };

struct openings {
	struct timers *timers;
	void (*expire)(struct subscriber *sub);
	struct timer look;
	struct node waiting;
};

struct opening *opening_new(
	struct subscriber *sub, const struct subscription *subscription)
{
	struct opening *opening = mem_new(sizeof(*opening));

	opening->sub = sub;
	opening->fresh = subscription->fresh;
	opening->last = subscription->last;
	opening->from = subscription->from;
	opening->value = subscription->value;
	opening->tells = subscription->tells;
	opening->requested = mem_text(subscription->requested);
	opening->headers = mem_text(subscription->headers);
	list_init(&opening->node);
	fair_place_init(&opening->filling);
	return opening;
}

static void opening_free(struct opening *opening)
{
	if (opening == NULL)
		return;
	list_remove(&opening->node);
	fair_queue_remove(&opening->filling);
	free(opening->requested);
	free(opening->headers);
	free(opening);
}

void opening_leave(struct subscriber *sub)
{
	if (!sub->opens)
		return;
	opening_free(sub->opening);
	sub->half = NULL;
	sub->opens = false;
}

static struct opening *oldest(struct openings *openings)
{
	if (list_empty(&openings->waiting))
		return NULL;
	return list_entry(openings->waiting.next, struct opening, node);
}

static void on_look(void *arg)
{
	struct openings *openings = arg;
	uint64_t now = clock_now_us(openings->timers->clock);
	struct opening *opening;

	while ((opening = oldest(openings)) != NULL && opening->deadline <= now)
		openings->expire(openings_take(openings)->sub);
	if (oldest(openings) == NULL)
		timer_stop(openings->timers, &openings->look);
}

struct openings *openings_new(
	struct timers *timers, void (*expire)(struct subscriber *sub))
{
	struct openings *openings = mem_new(sizeof(*openings));

	openings->timers = timers;
	openings->expire = expire;
	list_init(&openings->waiting);
	timer_init(&openings->look, on_look, openings);
	return openings;
}

void openings_free(struct openings *openings)
{
	if (openings == NULL)
		return;
	assert(list_empty(&openings->waiting));
	timer_stop(openings->timers, &openings->look);
	free(openings);
}

void openings_add(struct openings *openings, struct opening *opening)
{
	opening->deadline = clock_now_us(openings->timers->clock) +
			    OPENING_PATIENCE_MS * 1000ull;
	list_append(&openings->waiting, &opening->node);
	if (!timer_is_set(&openings->look))
		timer_set(openings->timers, &openings->look, LOOK_US, LOOK_US);
}

struct opening *openings_take(struct openings *openings)
{
	struct opening *opening = oldest(openings);

	if (opening != NULL)
		list_remove(&opening->node);
	return opening;
}
