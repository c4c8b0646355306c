/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/page.h"

#include <stdlib.h>
#include <string.h>

#include "hub/peers/follow.h"
#include "hub/peers/resume.h"
#include "lib/heap.h"

struct page_request {
	struct page_request *next;
	size_t len;
	char body[];
};

/* ---- the queue */

bool page_ask(struct peer *peer, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	struct page_request *request;
	struct question question;

	if (!question_read(&question, in))
		return false;
	peer->asked_bytes += sizeof(*request) + body.len;
	if (peer->asked_bytes > PEER_ASKED_MAX) {
		peer_drop(peer, "asked for too many pages at once");
		return true;
	}
	request = mem_new(sizeof(*request) + body.len);
	request->len = body.len;
	memcpy(request->body, body.at, body.len);
	*peer->pages_end = request;
	peer->pages_end = &request->next;
	return true;
}

static struct page_request *take(struct peer *peer)
{
	struct page_request *request = peer->pages;

	peer->pages = request->next;
	if (peer->pages == NULL)
		peer->pages_end = &peer->pages;
	peer->asked_bytes -= sizeof(*request) + request->len;
	return request;
}

void page_forget(struct peer *peer)
{
	while (peer->pages != NULL)
		free(take(peer));
}

/* ---- one page */

/* A channel whose next event, not yet in the page, is node.key. */
struct ahead {
	struct heap_node node;
	struct channel *channel;
};

struct page {
	struct eventlog *log;
	struct buf *out;
	uint64_t after, limit; /* its events are above and not above */
	uint64_t through;
	size_t bytes, taken;
	uint32_t count;
	uint64_t end; /* when time is up, unless nothing was found */
	struct heap heap;
	struct ahead ahead[PAGE_CHANNELS_MAX];
};

static void build_heap(struct page *page, const struct question *question)
{
	for (size_t i = 0; i < question->channel_count; i++) {
		struct channel *channel = question->channels[i];
		uint64_t id = eventlog_next_on(page->log, channel, page->after);

		page->ahead[i].channel = channel;
		if (id != 0)
			heap_add(&page->heap, &page->ahead[i].node, id);
	}
}

static struct ahead *first(const struct page *page)
{
	struct heap_node *node = heap_first(&page->heap);

	return node == NULL ? NULL : heap_entry(node, struct ahead, node);
}

/* The channel that comes first goes to its next event. */
static void advance(struct page *page, struct ahead *ahead)
{
	uint64_t id =
		eventlog_next_on(page->log, ahead->channel, ahead->node.key);

	if (id == 0)
		heap_remove(&page->heap, &ahead->node);
	else
		heap_move(&page->heap, &ahead->node, id);
}

static bool is_full(const struct page *page)
{
	if (page->through == page->after)
		return false;
	return page->taken >= page->bytes || page->taken >= PAGE_BYTES_MAX ||
	       clock_now_us(page->log->clock) > page->end;
}

static void put(struct page *page, const struct wire_event *event)
{
	wire_put_u32(page->out, (uint32_t)wire_event_size(event));
	wire_put_event(page->out, event);
	page->taken += wire_event_size(event);
	page->count++;
}

static void collect(struct page *page)
{
	struct wire_event event;
	struct ahead *ahead;

	page->through = page->after;
	while ((ahead = first(page)) != NULL &&
		ahead->node.key <= page->limit && !is_full(page)) {
		page->through = ahead->node.key;
		if (eventlog_get(
			    page->log, ahead->channel, ahead->node.key, &event))
			put(page, &event);
		advance(page, ahead);
	}
	if (ahead == NULL || ahead->node.key > page->limit)
		page->through = page->limit;
	if (page->through < page->after)
		page->through = page->after;
}

/* Puts the page into the frame `out`. */
static void compose(struct eventlog *log, struct buf *out,
	const struct question *question, const struct verdict *verdict)
{
	struct page page = {.log = log, .out = out, .after = verdict->used};
	size_t counted, end;

	page.limit = verdict->limit;
	page.bytes = question->bytes;
	page.end = clock_now_us(log->clock) + PAGE_US;
	wire_put_u64(out, question->tag);
	wire_put_u8(out, verdict->gap);
	wire_put_u64(out, verdict->used);
	counted = out->len;
	wire_put_u64(out, 0); /* through, once known */
	wire_put_u64(out, question->pruned_through);
	wire_put_u64(out, verdict->oldest);
	wire_put_u64(out, verdict->newest);
	wire_put_u32(out, 0); /* count */
	build_heap(&page, question);
	collect(&page);
	heap_release(&page.heap);
	eventlog_rest(log);
	end = out->len;
	out->len = counted;
	wire_put_u64(out, page.through);
	out->len += 24;
	wire_put_u32(out, page.count);
	out->len = end;
}

static void answer_next(struct eventlog *log, struct peer *peer)
{
	struct page_request *request = take(peer);
	struct wire_in in = wire_in(span(request->body, request->len));
	size_t before = link_pending(&peer->link);
	struct question question;
	uint64_t losses;

	question_read(
		&question, &in); /* it was read before: it is well formed */
	do { /* once more, if something turned out to be lost */
		struct verdict verdict;

		losses = log->losses;
		link_cut(&peer->link, before);
		question_resolve(&question, log->channels);
		verdict = question_judge(&question, log,
			peer->follow == NOT ? log->committed : peer->sent);
		compose(log, link_begin(&peer->link, WIRE_PAGED), &question,
			&verdict);
		link_end(&peer->link);
	} while (log->losses != losses);
	free(request);
}

/* ---- whose turn it is */

static bool wants(const struct peer *peer)
{
	if (follow_wants_page(peer))
		return true;
	return peer->pages != NULL && !peer->closed &&
	       link_pending(&peer->link) < PEER_OUT_MAX;
}

bool pages_run(
	struct eventlog *log, const struct ring *ring, struct peers *peers)
{
	uint64_t end = 0;

	for (;;) {
		struct peer *peer = peers_next(peers, &peers->page_turn, wants);
		uint64_t now = clock_now_us(log->clock);

		if (peer == NULL)
			return false;
		if (end == 0)
			end = now + PAGE_US;
		else if (now > end)
			return true;
		peers->page_turn = peer->next;
		if (follow_wants_page(peer))
			follow_page(log, ring, peer);
		else
			answer_next(log, peer);
	}
}
