#include <config.h>

#include "fcgi/opening.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"

enum { LOOK_MS = 100 };

struct openings {
	struct ev_loop *loop;
	void (*expire)(struct subscriber *sub);
	struct ev_timer look;
	struct node waiting;
};

struct opening *opening_new(struct subscriber *sub, const struct wish *wish)
{
	struct opening *opening = mem_new(sizeof(*opening));

	opening->sub = sub;
	opening->fresh = wish->fresh;
	opening->from = wish->from;
	opening->value = wish->value;
	opening->requested = mem_text(wish->requested);
	opening->headers = mem_text(wish->headers);
	list_init(&opening->node);
	return opening;
}

void opening_free(struct opening *opening)
{
	if (opening == NULL)
		return;
	list_remove(&opening->node);
	free(opening->requested);
	free(opening->headers);
	free(opening);
}

static struct opening *oldest(struct openings *openings)
{
	if (list_empty(&openings->waiting))
		return NULL;
	return list_entry(openings->waiting.next, struct opening, node);
}

static void on_look(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct openings *openings = timer->data;
	uint64_t now = clock_mono_us();
	struct opening *opening;

	(void)events;
	while ((opening = oldest(openings)) != NULL && opening->deadline <= now)
		openings->expire(openings_take(openings)->sub);
	if (oldest(openings) == NULL)
		ev_timer_stop(loop, timer);
}

struct openings *openings_new(
	struct ev_loop *loop, void (*expire)(struct subscriber *sub))
{
	struct openings *openings = mem_new(sizeof(*openings));

	openings->loop = loop;
	openings->expire = expire;
	list_init(&openings->waiting);
	ev_timer_init(&openings->look, on_look, LOOK_MS / 1e3, LOOK_MS / 1e3);
	openings->look.data = openings;
	return openings;
}

void openings_free(struct openings *openings)
{
	if (openings == NULL)
		return;
	assert(list_empty(&openings->waiting));
	ev_timer_stop(openings->loop, &openings->look);
	free(openings);
}

void openings_add(struct openings *openings, struct opening *opening)
{
	opening->deadline = clock_mono_us() + OPENING_PATIENCE_MS * 1000ull;
	list_append(&openings->waiting, &opening->node);
	if (!ev_is_active(&openings->look))
		ev_timer_again(openings->loop, &openings->look);
}

struct opening *openings_take(struct openings *openings)
{
	struct opening *opening = oldest(openings);

	if (opening != NULL)
		list_remove(&opening->node);
	return opening;
}
