/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/filling.h"

#include <stdlib.h>

#include "fcgi/replay/fair_queue.h"
#include "fcgi/stream/fill.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "lib/buf.h"
#include "lib/loop.h"

enum {
	PLACES = 8
}; /* between two looks at the clock: a match of a long name
      may take some 50 us */

struct filling {
	struct loop *loop;
	struct loop_turn turn;
	const struct window *window;
	struct fair_queue *queue; /* of openings */
	void (*filled)(struct subscriber *sub);
};

/* NULL if there is none. */
static struct topic *first_due(const struct subscriber *sub)
{
	for (uint16_t i = 0; i < sub->count; i++)
		if (fill_is_due(sub->memberships[i].topic))
			return sub->memberships[i].topic;
	return NULL;
}

bool filling_is_due(const struct subscriber *sub)
{
	return first_due(sub) != NULL;
}

/* True if all of its patterns have all. */
static bool fill(const struct filling *filling, const struct subscriber *sub)
{
	uint64_t end = loop_now_us(filling->loop) + FILLING_PIECE_US;
	struct topic *topic;

	while ((topic = first_due(sub)) != NULL)
		while (!fill_some(filling->window, topic, PLACES))
			if (loop_now_us(filling->loop) >= end)
				return false;
	return true;
}

static void on_turn(void *arg)
{
	struct filling *filling = arg;
	uint64_t end;

	if (fair_queue_is_empty(filling->queue))
		return;
	end = loop_now_us(filling->loop) + FILLING_SLICE_US - FILLING_PIECE_US;
	do {
		struct subscriber *sub =
			list_entry(fair_queue_take(filling->queue),
				struct opening, filling)
				->sub;

		if (fill(filling, sub))
			filling->filled(sub);
		else
			filling_add(filling, sub);
	} while (!fair_queue_is_empty(filling->queue) &&
		 loop_now_us(filling->loop) < end);
	if (!fair_queue_is_empty(filling->queue))
		loop_again(filling->loop);
}

struct filling *filling_new(struct loop *loop, const struct window *window,
	void (*filled)(struct subscriber *sub))
{
	struct filling *filling = mem_new(sizeof(*filling));

	filling->loop = loop;
	filling->window = window;
	filling->filled = filled;
	filling->queue = fair_queue_new();
	loop_turn_init(&filling->turn, FILLING_ORDER, on_turn, filling);
	loop_turn_start(loop, &filling->turn);
	return filling;
}

void filling_free(struct filling *filling)
{
	if (filling == NULL)
		return;
	loop_turn_stop(filling->loop, &filling->turn);
	fair_queue_free(filling->queue);
	free(filling);
}

void filling_add(struct filling *filling, struct subscriber *sub)
{
	fair_queue_add(filling->queue, &sub->opening->filling, sub->client);
}
