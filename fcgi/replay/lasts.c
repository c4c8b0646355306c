/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/lasts.h"

#include <stdlib.h>

#include "fcgi/guard/grant.h"
#include "fcgi/replay/search.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/questions.h"
#include "lib/event/privacy.h"
#include "lib/event/scope.h"
#include "lib/event/selector.h"
#include "lib/loop.h"

enum {
	/* To compare a channel with a pattern takes some 50 us at worst. */
	COMPARISONS = 100, /* at a time */
};

struct lasts {
	struct lasts_parts parts;
	struct loop_turn turn;
	struct fair_queue *fresh; /* of searches that have not begun, ... */
	struct fair_queue *queue; /* ... and that have to ask */
	struct node all;
	unsigned asked, begun;
};

/* ---- its way */

static void forget(struct search *search)
{
	struct lasts *lasts = search->lasts;

	search->sub->opening->search = NULL;
	lasts->begun -= search->begun;
	search_free(search);
	loop_again(lasts->parts.loop);
}

static void lose(struct search *search)
{
	const struct lasts_owner owner = search->lasts->parts.owner;
	struct subscriber *sub = search->sub;

	forget(search);
	owner.lost(sub);
}

static void finish(struct search *search)
{
	const struct lasts_owner owner = search->lasts->parts.owner;
	struct subscriber *sub = search->sub;
	struct lasts_found found;
	struct buf text = {0};

	search_end(search, &found, &text);
	forget(search);
	owner.found(sub, &found);
	buf_release(&text);
}

/* One question more, or it is at its end. */
static void go_on(struct search *search)
{
	struct lasts *lasts = search->lasts;

	if (search_is_over(search)) {
		finish(search);
		return;
	}
	if (search->place.client == NULL &&
		(search->listing || !list_empty(&search->todo)))
		fair_queue_add(
			lasts->queue, &search->place, search->sub->client);
	loop_again(lasts->parts.loop);
}

/* ---- what the hub says */

static void on_listed(void *arg, const struct channel_lines *page)
{
	struct search *search = arg;
	struct lasts *lasts = search->lasts;

	search->list = NULL;
	lasts->asked--;
	if (page->lines == NULL) {
		lose(search);
		return;
	}
	for (size_t i = 0; i < page->count; i++) {
		const struct channel_line *line = &page->lines[i];

		if (line->newest > 0 && line->newest <= search->upto &&
			search_wants(search, line->name))
			search_add(search, lasts->parts.window, line->name,
				line->newest);
	}
	buf_clear(&search->after);
	buf_add_span(&search->after, page->last);
	search->listing = page->more && page->last.len > 0;
	go_on(search);
}

static struct search *answered(struct last *last)
{
	last->call = NULL;
	last->of->lasts->asked--;
	return last->of;
}

static void on_id(void *arg, const struct channel_lines *page)
{
	struct last *last = arg;
	struct search *search = answered(last);

	if (page->lines == NULL || page->count != 1) {
		list_remove(&last->todo);
		list_append(&search->todo, &last->todo);
		lose(search);
		return;
	}
	search_set_id(search, search->lasts->parts.window, last,
		page->lines[0].newest);
	go_on(search);
}

static bool is_private(
	const struct window *window, const struct wire_event *event)
{
	const struct privacy *privacy = window_privacy(window);

	return privacy_hides_channel(privacy, event->channel) ||
	       privacy_hides_traits(privacy, event->traits);
}

static void on_event(void *arg, const struct paged *page)
{
	struct last *last = arg;
	struct search *search = answered(last);
	struct wire_in in = page->events;
	struct wire_event event;
	bool found;

	if (page->away) {
		list_remove(&last->todo);
		list_append(&search->todo, &last->todo);
		lose(search);
		return;
	}
	found = page->count > 0 && wire_get_event(wire_get_blob(&in), &event) &&
		event.id == last->id;
	if (found)
		search_take(search, last, &event,
			is_private(search->lasts->parts.window, &event));
	else
		search_miss(search, last);
	go_on(search);
}

/* ---- asking */

static void ask_list(struct lasts *lasts, struct search *search)
{
	const struct subscriber *sub = search->sub;
	const struct channel_question question = {
		.after = buf_span(&search->after),
		.limit = (uint16_t)(COMPARISONS / sub->patterns),
		.grant = grant_scope(sub->grant),
	};

	search->listing = false;
	search->list = questions_channels(
		lasts->parts.questions, &question, on_listed, search);
}

static void ask_id(struct lasts *lasts, struct last *last)
{
	const struct channel_question question = {
		.limit = 1,
		.only = span_of(last->channel),
		.grant = grant_scope(last->of->sub->grant),
	};

	last->call = questions_channels(
		lasts->parts.questions, &question, on_id, last);
}

static void ask_event(struct lasts *lasts, struct last *last)
{
	struct buf body = {0};

	wire_put_u64(&body, last->id - 1);
	wire_put_u64(&body, last->id);
	wire_put_u32(&body, 1);
	wire_put_u8(&body, grant_scope(last->of->sub->grant) == NULL);
	wire_put_u8(&body, SELECTOR_EXACT);
	wire_put_str16(&body, span_of(last->channel));
	last->call = questions_page(
		lasts->parts.questions, buf_span(&body), on_event, last);
	buf_release(&body);
}

static void ask_one(struct lasts *lasts, struct search *search)
{
	struct last *last;

	if (search->listing) {
		ask_list(lasts, search);
	} else {
		last = list_entry(search->todo.next, struct last, todo);
		list_remove(&last->todo);
		list_append(&search->asked, &last->todo);
		if (last->id == 0)
			ask_id(lasts, last);
		else
			ask_event(lasts, last);
	}
	lasts->asked++;
	/* What is asked is sent at the beginning of a turn. */
	loop_again(lasts->parts.loop);
}

static void begin_some(struct lasts *lasts)
{
	struct fair_place *place;

	while (lasts->begun < LASTS_BEGUN &&
		(place = fair_queue_take(lasts->fresh)) != NULL) {
		struct search *search = list_entry(place, struct search, place);

		lasts->begun++;
		search_begin(search, lasts->parts.window);
		go_on(search);
	}
}

static void on_turn(void *arg)
{
	struct lasts *lasts = arg;
	struct fair_place *place;

	begin_some(lasts);
	while (lasts->asked < LASTS_ASKED &&
		(place = fair_queue_take(lasts->queue)) != NULL) {
		struct search *search = list_entry(place, struct search, place);

		/* What it waited for may have been left out meanwhile. */
		if (search->listing || !list_empty(&search->todo))
			ask_one(lasts, search);
		go_on(search);
	}
}

/* ---- from outside */

void lasts_ask(struct lasts *lasts, struct subscriber *sub)
{
	struct search *search = search_new(sub, &lasts->asked);

	search->lasts = lasts;
	sub->opening->search = search;
	list_append(&lasts->all, &search->fellow);
	fair_queue_add(lasts->fresh, &search->place, sub->client);
	loop_again(lasts->parts.loop);
}

void lasts_leave(struct lasts *lasts, struct subscriber *sub)
{
	(void)lasts;
	if (sub->opens && sub->opening->search != NULL)
		forget(sub->opening->search);
}

void lasts_begin_anew(struct lasts *lasts)
{
	while (!list_empty(&lasts->all)) {
		struct search *search =
			list_entry(lasts->all.next, struct search, fellow);
		struct subscriber *sub = search->sub;

		forget(search);
		lasts->parts.owner.again(sub);
	}
}

void lasts_erase(struct lasts *lasts, const struct erasure *erasure)
{
	struct node *node = lasts->all.next, *next;

	for (; node != &lasts->all; node = next) {
		struct search *search = list_entry(node, struct search, fellow);
		struct subscriber *sub = search->sub;

		next = node->next;
		if (!search_holds(search, erasure))
			continue;
		forget(search);
		lasts_ask(lasts, sub);
	}
}

struct lasts *lasts_new(const struct lasts_parts *parts)
{
	struct lasts *lasts = mem_new(sizeof(*lasts));

	lasts->parts = *parts;
	list_init(&lasts->all);
	lasts->fresh = fair_queue_new();
	lasts->queue = fair_queue_new();
	loop_turn_init(&lasts->turn, LASTS_ORDER, on_turn, lasts);
	loop_turn_start(parts->loop, &lasts->turn);
	return lasts;
}

void lasts_free(struct lasts *lasts)
{
	if (lasts == NULL)
		return;
	loop_turn_stop(lasts->parts.loop, &lasts->turn);
	fair_queue_free(lasts->fresh);
	fair_queue_free(lasts->queue);
	free(lasts);
}
