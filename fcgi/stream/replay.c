/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/replay.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/http/record.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/questions.h"
#include "lib/list.h"
#include "lib/table.h"

struct page {
	struct replay *replay;
	struct table_node node; /* by its question, until it is answered */
	struct node queued;	/* in replay->queue while QUEUED */
	struct node waiters;	/* subscriber.page_node */
	struct call *call;	/* while ASKED */
	struct buf question;	/* PAGE without its tag */
};

struct replay {
	struct questions *questions;
	const struct window *window;
	void (*answer)(struct subscriber *sub, const struct paged *paged);
	struct table pages;
	struct node queue;
	unsigned asked;
	/* While a page is delivered: its events as a batch, plain and in
	 * envelopes. */
	struct batch *shared[2];
	struct buf scratch;
};

static struct span key_of(const struct table_node *node)
{
	return buf_span(&table_entry(node, struct page, node)->question);
}

struct replay *replay_new(struct questions *questions,
	const struct window *window,
	void (*answer)(struct subscriber *sub, const struct paged *paged))
{
	struct replay *replay = mem_new(sizeof(*replay));

	replay->questions = questions;
	replay->window = window;
	replay->answer = answer;
	list_init(&replay->queue);
	table_init(&replay->pages, key_of, NULL);
	return replay;
}

static void page_free(struct page *page)
{
	list_remove(&page->queued);
	buf_release(&page->question);
	free(page);
}

void replay_free(struct replay *replay)
{
	struct table_node *node, *next;

	if (replay == NULL)
		return;
	for (node = table_first(&replay->pages); node != NULL; node = next) {
		struct page *page = table_entry(node, struct page, node);

		next = table_next(&replay->pages, node);
		if (page->call != NULL)
			call_forget(page->call);
		page_free(page);
	}
	table_release(&replay->pages);
	buf_release(&replay->scratch);
	free(replay);
}

static void compose(struct replay *replay, const struct subscriber *sub)
{
	const struct opening *opening = sub->opening;
	struct buf *out = &replay->scratch;

	buf_clear(out);
	wire_put_u8(
		out, (uint8_t)(opening != NULL ? opening->from : WIRE_AFTER));
	wire_put_u64(out, opening != NULL ? opening->value : sub->id);
	wire_put_u64(out, sub->told);
	wire_put_u64(out, window_from(replay->window));
	wire_put_u32(out, RECORD_BODY);
	wire_put_u16(out, sub->count);
	for (uint16_t i = 0; i < sub->count; i++)
		wire_put_str8(out, topic_name(sub->memberships[i].topic));
}

/* ---- what has come */

static struct batch *compose_page(
	const struct subscriber *sub, const struct paged *paged)
{
	struct wire_in in = paged->events;
	struct wire_event event;
	struct buf text = {0};
	struct batch *batch;

	for (uint32_t i = 0; i < paged->count; i++)
		if (wire_get_event(wire_get_blob(&in), &event))
			event_text(&text, &event, sub->envelope);
	batch = batch_new(sub->request, buf_span(&text));
	batch->events = paged->count;
	batch->replay = true;
	buf_release(&text);
	return batch;
}

/* A FastCGI request id that is not 1 is nobody's but its own. */
struct batch *replay_batch(struct replay *replay, const struct subscriber *sub,
	const struct paged *paged)
{
	struct batch **shared = &replay->shared[sub->envelope];

	if (sub->request != 1)
		return compose_page(sub, paged);
	if (*shared == NULL)
		*shared = compose_page(sub, paged);
	return batch_hold(*shared);
}

/* Everybody who waits gets the answer; some may close themselves or ask for
 * the next page, which is another question. */
static void deliver(struct page *page, const struct paged *paged)
{
	struct replay *replay = page->replay;

	while (!list_empty(&page->waiters)) {
		struct subscriber *sub = list_entry(
			page->waiters.next, struct subscriber, page_node);

		list_remove(&sub->page_node);
		sub->page = NULL;
		replay->answer(sub, paged);
	}
	for (int i = 0; i < 2; i++) {
		batch_drop(replay->shared[i]);
		replay->shared[i] = NULL;
	}
}

static void ask_next(struct replay *replay);

/* No hub has answered for as long as one may take: none will now. */
static void give_up(struct replay *replay)
{
	static const struct paged no_hub = {.away = true};

	while (!list_empty(&replay->queue)) {
		struct page *page =
			list_entry(replay->queue.next, struct page, queued);

		list_remove(&page->queued);
		table_remove(&replay->pages, &page->node);
		deliver(page, &no_hub);
		page_free(page);
	}
}

static void answered(void *arg, const struct paged *paged)
{
	struct page *page = arg;
	struct replay *replay = page->replay;

	page->call = NULL;
	/* the same question again is a new page */
	table_remove(&replay->pages, &page->node);
	replay->asked--;
	deliver(page, paged);
	page_free(page);
	if (paged->away)
		give_up(replay);
	ask_next(replay);
}

static void ask_next(struct replay *replay)
{
	while (replay->asked < REPLAY_ASKED && !list_empty(&replay->queue)) {
		struct page *page =
			list_entry(replay->queue.next, struct page, queued);

		list_remove(&page->queued);
		if (list_empty(&page->waiters)) {
			table_remove(&replay->pages, &page->node);
			page_free(page);
			continue;
		}
		replay->asked++;
		page->call = questions_page(replay->questions,
			buf_span(&page->question), answered, page);
	}
}

/* The page of the question in the scratch. */
static struct page *page_for(struct replay *replay)
{
	struct span question = buf_span(&replay->scratch);
	struct table_node *known = table_find(&replay->pages, question);
	struct page *page;

	if (known != NULL)
		return table_entry(known, struct page, node);
	page = mem_new(sizeof(*page));
	page->replay = replay;
	buf_add_span(&page->question, question);
	list_init(&page->queued);
	list_init(&page->waiters);
	table_add(&replay->pages, &page->node);
	list_append(&replay->queue, &page->queued);
	return page;
}

void replay_ask(struct replay *replay, struct subscriber *sub)
{
	compose(replay, sub);
	sub->page = page_for(replay);
	list_append(&sub->page->waiters, &sub->page_node);
	ask_next(replay);
}

void replay_leave(struct subscriber *sub)
{
	list_remove(&sub->page_node);
	sub->page = NULL;
}
