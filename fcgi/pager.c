#include <config.h>

#include "fcgi/pager.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/answers.h"
#include "fcgi/event.h"
#include "fcgi/list.h"
#include "fcgi/opening.h"
#include "fcgi/parcel.h"
#include "fcgi/record.h"
#include "fcgi/subscriber.h"
#include "fcgi/window.h"
#include "lib/table.h"

struct page {
	struct pager *pager;
	struct table_node node;	 /* by its question, until it is answered */
	struct node queued;	 /* in pager->queue while QUEUED */
	struct node waiters;	 /* subscriber.page_node */
	struct pending *pending; /* while ASKED */
	struct buf question;	 /* PAGE without its tag */
};

struct pager {
	struct answers *answers;
	const struct window *window;
	void (*answer)(struct subscriber *sub, const struct paged *paged);
	struct table pages;
	struct node queue;
	unsigned asked;
	/* While a page is delivered: its events as a parcel, plain and in
	 * envelopes. */
	struct parcel *shared[2];
	struct buf scratch;
};

static struct span key_of(const struct table_node *node)
{
	return buf_span(&table_entry(node, struct page, node)->question);
}

struct pager *pager_new(struct answers *answers, const struct window *window,
	void (*answer)(struct subscriber *sub, const struct paged *paged))
{
	struct pager *pager = mem_new(sizeof(*pager));

	pager->answers = answers;
	pager->window = window;
	pager->answer = answer;
	list_init(&pager->queue);
	table_init(&pager->pages, key_of, NULL);
	return pager;
}

static void page_free(struct page *page)
{
	list_remove(&page->queued);
	buf_release(&page->question);
	free(page);
}

void pager_free(struct pager *pager)
{
	struct table_node *node, *next;

	if (pager == NULL)
		return;
	for (node = table_first(&pager->pages); node != NULL; node = next) {
		struct page *page = table_entry(node, struct page, node);

		next = table_next(&pager->pages, node);
		if (page->pending != NULL)
			answers_forget(page->pending);
		page_free(page);
	}
	table_release(&pager->pages);
	buf_release(&pager->scratch);
	free(pager);
}

static void compose(struct pager *pager, const struct subscriber *sub)
{
	const struct opening *opening = sub->opening;
	struct buf *out = &pager->scratch;

	buf_clear(out);
	wire_put_u8(
		out, (uint8_t)(opening != NULL ? opening->from : WIRE_AFTER));
	wire_put_u64(out, opening != NULL ? opening->value : sub->id);
	wire_put_u64(out, sub->told);
	wire_put_u64(out, window_from(pager->window));
	wire_put_u32(out, RECORD_BODY);
	wire_put_u16(out, sub->count);
	for (uint16_t i = 0; i < sub->count; i++)
		wire_put_str8(out, channel_name(sub->seats[i].channel));
}

/* ---- what has come */

static struct parcel *compose_page(
	const struct subscriber *sub, const struct paged *paged)
{
	struct wire_in in = paged->events;
	struct wire_event event;
	struct buf text = {0};
	struct parcel *parcel;

	for (uint32_t i = 0; i < paged->count; i++)
		if (wire_get_event(wire_get_blob(&in), &event))
			event_text(&text, &event, sub->envelope);
	parcel = parcel_new(sub->request, buf_span(&text));
	parcel->events = paged->count;
	parcel->replay = true;
	buf_release(&text);
	return parcel;
}

/* A FastCGI request id that is not 1 is nobody's but its own. */
struct parcel *pager_parcel(struct pager *pager, const struct subscriber *sub,
	const struct paged *paged)
{
	struct parcel **shared = &pager->shared[sub->envelope];

	if (sub->request != 1)
		return compose_page(sub, paged);
	if (*shared == NULL)
		*shared = compose_page(sub, paged);
	return parcel_hold(*shared);
}

/* Everybody who waits gets the answer; some may close themselves or ask for
 * the next page, which is another question. */
static void deliver(struct page *page, const struct paged *paged)
{
	struct pager *pager = page->pager;

	while (!list_empty(&page->waiters)) {
		struct subscriber *sub = list_entry(
			page->waiters.next, struct subscriber, page_node);

		list_remove(&sub->page_node);
		sub->page = NULL;
		pager->answer(sub, paged);
	}
	for (int i = 0; i < 2; i++) {
		parcel_drop(pager->shared[i]);
		pager->shared[i] = NULL;
	}
}

static void ask_next(struct pager *pager);

/* No hub has answered for as long as one may take: none will now. */
static void give_up(struct pager *pager)
{
	static const struct paged no_hub = {.away = true};

	while (!list_empty(&pager->queue)) {
		struct page *page =
			list_entry(pager->queue.next, struct page, queued);

		list_remove(&page->queued);
		table_remove(&pager->pages, &page->node);
		deliver(page, &no_hub);
		page_free(page);
	}
}

static void answered(void *arg, const struct paged *paged)
{
	struct page *page = arg;
	struct pager *pager = page->pager;

	page->pending = NULL;
	/* the same question again is a new page */
	table_remove(&pager->pages, &page->node);
	pager->asked--;
	deliver(page, paged);
	page_free(page);
	if (paged->away)
		give_up(pager);
	ask_next(pager);
}

static void ask_next(struct pager *pager)
{
	while (pager->asked < PAGER_ASKED && !list_empty(&pager->queue)) {
		struct page *page =
			list_entry(pager->queue.next, struct page, queued);

		list_remove(&page->queued);
		if (list_empty(&page->waiters)) {
			table_remove(&pager->pages, &page->node);
			page_free(page);
			continue;
		}
		pager->asked++;
		page->pending = answers_page(pager->answers,
			buf_span(&page->question), answered, page);
	}
}

/* The page of the question in the scratch. */
static struct page *page_for(struct pager *pager)
{
	struct span question = buf_span(&pager->scratch);
	struct table_node *known = table_find(&pager->pages, question);
	struct page *page;

	if (known != NULL)
		return table_entry(known, struct page, node);
	page = mem_new(sizeof(*page));
	page->pager = pager;
	buf_add_span(&page->question, question);
	list_init(&page->queued);
	list_init(&page->waiters);
	table_add(&pager->pages, &page->node);
	list_append(&pager->queue, &page->queued);
	return page;
}

void pager_ask(struct pager *pager, struct subscriber *sub)
{
	compose(pager, sub);
	sub->page = page_for(pager);
	list_append(&sub->page->waiters, &sub->page_node);
	ask_next(pager);
}

void pager_leave(struct subscriber *sub)
{
	list_remove(&sub->page_node);
	sub->page = NULL;
}
