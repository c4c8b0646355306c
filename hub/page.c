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

/* A channel that has an event at `id`, not yet in the page. */
struct ahead {
	uint64_t id;
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

static void build_heap(struct page *page, const struct question *question)
{
	page->heap_count = 0;
	for (size_t i = 0; i < question->channel_count; i++) {
		struct channel *channel = question->channels[i];
		uint64_t id = eventlog_next_on(page->log, channel, page->after);

		if (id != 0)
			page->heap[page->heap_count++] =
				(struct ahead){id, channel};
	}
	for (size_t i = page->heap_count; i-- > 0;)
		sink(page, i);
}

/* The channel at the top of the heap goes to its next event. */
static void advance(struct page *page)
{
	struct ahead *top = page->heap;

	top->id = eventlog_next_on(page->log, top->channel, top->id);
	if (top->id == 0)
		*top = page->heap[--page->heap_count];
	sink(page, 0);
}

static bool is_full(const struct page *page)
{
	if (page->through == page->after)
		return false;
	return page->taken >= page->bytes || page->taken >= PAGE_BYTES_MAX ||
	       clock_mono_us() > page->end;
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
	const struct ahead *top = page->heap;
	struct wire_event event;

	page->through = page->after;
	while (page->heap_count > 0 && top->id <= page->limit &&
		!is_full(page)) {
		if (eventlog_get(page->log, top->channel, top->id, &event))
			put(page, &event);
		page->through = top->id;
		advance(page);
	}
	if (page->heap_count == 0 || page->heap[0].id > page->limit)
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
	page.end = clock_mono_us() + PAGE_US;
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
	eventlog_rest(log);
	end = out->len;
	out->len = counted;
	wire_put_u64(out, page.through);
	out->len += 24;
	wire_put_u32(out, page.count);
	out->len = end;
}

static void answer_next(struct ledger *ledger, struct peer *peer)
{
	struct page_request *request = take(peer);
	struct wire_in in = wire_in(span(request->body, request->len));
	struct eventlog *log = &ledger->log;
	size_t before = link_pending(&peer->link);
	struct question question;
	uint64_t losses;

	question_read(
		&question, &in); /* it was read before: it is well formed */
	do { /* once more, if something turned out to be lost */
		struct verdict verdict;

		losses = log->losses;
		link_cut(&peer->link, before);
		question_resolve(&question, ledger);
		verdict = question_judge(&question, ledger,
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

static struct peer *next_peer(struct peers *peers)
{
	for (size_t i = 0; i <= peers->count; i++) {
		struct peer *peer = peers->turn_of;

		if (peer == NULL)
			peer = peers->first;
		if (peer == NULL)
			return NULL;
		peers->turn_of = peer->next;
		if (wants(peer))
			return peer;
	}
	return NULL;
}

bool pages_run(struct ledger *ledger, struct peers *peers)
{
	uint64_t end = 0;

	for (;;) {
		struct peer *peer = next_peer(peers);
		uint64_t now = clock_mono_us();

		if (peer == NULL)
			return false;
		if (end == 0)
			end = now + PAGE_US;
		else if (now > end)
			return true;
		if (follow_wants_page(peer))
			follow_page(ledger, peer);
		else
			answer_next(ledger, peer);
	}
}
