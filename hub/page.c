#include "config.h"

#include "hub/page.h"

#include <stdlib.h>
#include <string.h>

#include "hub/cursor.h"
#include "hub/follow.h"
#include "lib/clock.h"

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
	peer->page_bytes += sizeof(*request) + body.len;
	if (peer->page_bytes > PEER_PAGES_MAX) {
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
	peer->page_bytes -= sizeof(*request) + request->len;
	return request;
}

void page_forget(struct peer *peer)
{
	while (peer->pages != NULL)
		free(take(peer));
}

/* ---- one page */

/* A channel that has an event at `id`, not yet in the page; it is the first
 * above `after`. */
struct ahead {
	uint64_t id, after;
	struct channel *channel;
};

struct page {
	struct hub *hub;
	uint64_t after, limit; /* its events are above and not above */
	uint64_t through;
	bool gap; /* something is missing, below `after` or in the page */
	size_t bytes, taken;
	uint32_t count;
	uint64_t end; /* when time is up, unless nothing was found */
	struct ahead heap[PAGE_CHANNELS_MAX];
	size_t heap_count;
};

static void sink(struct page *page, size_t at)
{
	struct ahead *heap = page->heap;

	for (;;) {
		size_t least = at;
		struct ahead swap = heap[at];

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < page->heap_count &&
				heap[child].id < heap[least].id)
				least = child;
		if (least == at)
			return;
		heap[at] = heap[least];
		heap[least] = swap;
		at = least;
	}
}

static void build_heap(
	struct page *page, const struct question *question, uint64_t asked)
{
	struct eventlog *log = &page->hub->log;

	page->heap_count = 0;
	for (size_t i = 0; i < question->channel_count; i++) {
		struct channel *channel = question->channels[i];
		uint64_t id = eventlog_next_on(log, channel, page->after);

		if (id != 0)
			page->heap[page->heap_count++] =
				(struct ahead){id, asked, channel};
	}
	for (size_t i = page->heap_count; i-- > 0;)
		sink(page, i);
}

/* The channel at the top of the heap goes to its next event. */
static void advance(struct page *page)
{
	struct ahead *top = page->heap;

	top->after = top->id;
	top->id = eventlog_next_on(&page->hub->log, top->channel, top->after);
	if (top->id == 0)
		*top = page->heap[--page->heap_count];
	sink(page, 0);
}

static bool is_full(const struct page *page, uint64_t must)
{
	if (page->through == page->after)
		return false;
	if (page->taken >= PAGE_BYTES_MAX)
		return true;
	/* Below `must` the page may not end, or the next would find a gap. */
	return page->through >= must &&
	       (page->taken >= page->bytes || clock_mono_us() > page->end);
}

static void put(struct page *page, const struct wire_event *event)
{
	struct buf *out = &page->hub->scratch;

	wire_put_u32(out, (uint32_t)wire_event_size(event));
	wire_put_event(out, event);
	page->taken += wire_event_size(event);
	page->count++;
}

/* The next event, if it is not lost. */
static void take_next(struct page *page)
{
	const struct ahead *top = page->heap;
	struct wire_event event;

	if (eventlog_get(&page->hub->log, top->channel, top->after, top->id,
		    &event, &page->gap))
		put(page, &event);
	page->through = top->id;
	advance(page);
}

/* That something is missing at the end is seen from the next event only. */
static void look_beyond(struct page *page)
{
	struct wire_event event;

	for (size_t i = 0; i < page->heap_count; i++)
		eventlog_get(&page->hub->log, page->heap[i].channel,
			page->heap[i].after, page->heap[i].id, &event,
			&page->gap);
}

static void collect(struct page *page, uint64_t must)
{
	page->through = page->after;
	while (page->heap_count > 0 && page->heap[0].id <= page->limit &&
		!is_full(page, must))
		take_next(page);
	if (page->heap_count == 0 || page->heap[0].id > page->limit) {
		look_beyond(page);
		page->through = page->limit;
	}
	if (page->through < page->after)
		page->through = page->after;
}

static void put_head(
	struct buf *out, const struct page *page, const struct verdict *verdict)
{
	wire_put_u8(out, page->gap);
	wire_put_u64(out, page->after);
	wire_put_u64(out, page->through);
	wire_put_u64(out, verdict->oldest);
	wire_put_u64(out, verdict->newest);
	wire_put_u32(out, page->count);
}

static void answer(struct peer *peer, const struct question *question,
	const struct verdict *verdict)
{
	struct hub *hub = peer->hub;
	struct buf *out = &hub->scratch;
	struct page page = {.hub = hub, .after = verdict->used};
	size_t begun, head, end;

	page.gap = verdict->gap;
	page.limit = verdict->limit;
	page.bytes = question->bytes;
	page.end = clock_mono_us() + HUB_PAGING_US;
	buf_clear(out);
	begun = wire_begin(out, WIRE_PAGED);
	wire_put_u64(out, question->tag);
	head = out->len;
	put_head(out, &page, verdict); /* to keep its place */
	build_heap(&page, question, verdict->asked);
	collect(&page, verdict->must);
	eventlog_rest(&hub->log);
	end = out->len;
	out->len = head;
	put_head(out, &page, verdict);
	out->len = end;
	wire_end(out, begun);
	peer_send(peer, out);
}

static void answer_next(struct peer *peer)
{
	struct page_request *request = take(peer);
	struct wire_in in = wire_in(span(request->body, request->len));
	struct question question;
	struct verdict verdict;

	question_read(
		&question, &in); /* it was read before: it is well formed */
	question_resolve(&question, peer->hub);
	verdict = question_judge(&question, peer->hub,
		peer->follow == NOT ? peer->hub->log.committed : peer->sent);
	answer(peer, &question, &verdict);
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

static struct peer *next_peer(struct hub *hub)
{
	for (size_t i = 0; i <= hub->peer_count; i++) {
		struct peer *peer = hub->turn_of;

		if (peer == NULL)
			peer = hub->peers;
		if (peer == NULL)
			return NULL;
		hub->turn_of = peer->next;
		if (wants(peer))
			return peer;
	}
	return NULL;
}

bool pages_run(struct hub *hub)
{
	uint64_t end = 0;

	for (;;) {
		struct peer *peer = next_peer(hub);
		uint64_t now = clock_mono_us();

		if (peer == NULL)
			return false;
		if (end == 0)
			end = now + HUB_PAGING_US;
		else if (now > end)
			return true;
		if (follow_wants_page(peer))
			follow_page(peer);
		else
			answer_next(peer);
	}
}
