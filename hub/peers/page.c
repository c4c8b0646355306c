/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/page.h"

#include <stdlib.h>
#include <string.h>

#include "hub/peers/follow.h"
#include "hub/peers/resume.h"
#include "lib/text.h"

struct page_request {
	struct page_request *next;
	bool judge;
	struct looks looks; /* for a verdict, ... */
	uint64_t sent;	    /* ... up to where it holds: since the first */
	size_t len;
	char body[];
};

/* ---- the queue */

static void enqueue(struct peer *peer, struct span body, bool judge)
{
	struct page_request *request;

	peer->asked_bytes += sizeof(*request) + body.len;
	if (peer->asked_bytes > PEER_ASKED_MAX) {
		peer_drop(peer, "asked for too many pages at once");
		return;
	}
	request = mem_new(sizeof(*request) + body.len);
	request->judge = judge;
	request->len = body.len;
	memcpy(request->body, body.at, body.len);
	*peer->pages_end = request;
	peer->pages_end = &request->next;
}

static struct span rest_of(const struct wire_in *in)
{
	return span(in->at, (size_t)(in->end - in->at));
}

bool page_ask_judge(struct peer *peer, struct wire_in *in)
{
	struct span body = rest_of(in);
	struct question question;

	if (!question_read(&question, in))
		return false;
	enqueue(peer, body, true);
	return true;
}

/* What a PAGE asks. */
struct wanted {
	uint64_t tag, after, upto;
	uint32_t bytes;
	struct span name;
};

static bool read_wanted(struct wanted *wanted, struct wire_in *in)
{
	wanted->tag = wire_get_u64(in);
	wanted->after = wire_get_u64(in);
	wanted->upto = wire_get_u64(in);
	wanted->bytes = wire_get_u32(in);
	wanted->name = wire_get_str16(in);
	return wire_done(in) && text_channel_fault(wanted->name) == NULL;
}

bool page_ask(struct peer *peer, struct wire_in *in)
{
	struct span body = rest_of(in);
	struct wanted wanted;

	if (!read_wanted(&wanted, in))
		return false;
	enqueue(peer, body, false);
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

static void request_free(struct page_request *request)
{
	looks_release(&request->looks);
	free(request);
}

void page_forget(struct peer *peer)
{
	while (peer->pages != NULL)
		request_free(take(peer));
}

/* ---- one page */

/* What it has so far. */
struct page {
	struct buf *out;
	uint64_t end; /* when time is up, unless it has too few */
	uint64_t through;
	size_t bytes, taken;
	uint32_t count;
};

static bool is_full(const struct page *page, const struct eventlog *log)
{
	if (page->count == 0)
		return false;
	return page->taken >= page->bytes || page->taken >= PAGE_BYTES_MAX ||
	       (page->count >= PAGE_EVENTS &&
		       clock_now_us(log->clock) > page->end);
}

static void put(struct page *page, const struct wire_event *event)
{
	size_t size = wire_event_size(event);

	wire_put_u32(page->out, (uint32_t)size);
	wire_put_event(page->out, event);
	page->taken += size;
	page->count++;
	page->through = event->id;
}

/* False if something turned out to be lost: once more. */
static bool collect(struct page *page, struct eventlog *log,
	struct channel *channel, uint64_t after, uint64_t limit)
{
	enum eventlog_found found = EVENTLOG_END;
	struct wire_event event;

	eventlog_walk(log, channel, after);
	page->end = clock_now_us(log->clock) + PAGE_US;
	while (!is_full(page, log) &&
		(found = eventlog_step(log, channel, limit, &event)) ==
			EVENTLOG_EVENT)
		put(page, &event);
	if (found == EVENTLOG_END && limit > after)
		page->through = limit;
	eventlog_rest(log);
	return found != EVENTLOG_LOSS;
}

/* One without a row may have been dropped since it was judged. */
static uint64_t mark_of(struct channels *channels,
	const struct channel *channel, struct span name)
{
	return channel != NULL ? channel->pruned_through
			       : channels_mark(channels, name).through;
}

/* Puts the page into the frame `out`; false if it has to be put once more. */
static bool compose(struct eventlog *log, struct buf *out,
	const struct wanted *wanted, uint64_t limit)
{
	struct channel *channel = channel_find(log->channels, wanted->name);
	struct page page = {
		.out = out, .through = wanted->after, .bytes = wanted->bytes};
	size_t begun, end;
	bool whole = true;

	wire_put_u64(out, wanted->tag);
	begun = out->len;
	wire_put_u64(out, 0); /* through, mark and count, once known */
	wire_put_u64(out, 0);
	wire_put_u32(out, 0);
	if (channel != NULL)
		whole = collect(&page, log, channel, wanted->after, limit);
	else if (limit > wanted->after)
		page.through = limit;
	end = out->len;
	out->len = begun;
	wire_put_u64(out, page.through);
	wire_put_u64(out, mark_of(log->channels, channel, wanted->name));
	wire_put_u32(out, page.count);
	out->len = end;
	return whole;
}

static bool put_page(struct eventlog *log, struct peer *peer,
	struct wire_in *in, uint64_t sent)
{
	struct wanted wanted;
	bool whole;

	read_wanted(&wanted, in);
	whole = compose(log, link_begin(&peer->link, WIRE_PAGED), &wanted,
		wanted.upto < sent ? wanted.upto : sent);
	link_end(&peer->link);
	return whole;
}

/* ---- one verdict */

/* The newest id that the peer may know. */
static uint64_t sent_to(const struct eventlog *log, const struct peer *peer)
{
	return peer->follow == NOT ? log->committed : peer->sent;
}

static bool put_verdict(struct eventlog *log, struct peer *peer,
	const struct page_request *request, struct wire_in *in)
{
	struct buf *out = link_begin(&peer->link, WIRE_JUDGED);
	uint64_t losses = log->losses, sent = sent_to(log, peer);
	struct question question;
	struct verdict verdict;

	question_read_again(&question, in);
	question_find_label(&question, log);
	question_resolve(&question, &request->looks, log);
	verdict = question_judge(
		&question, log, request->sent < sent ? request->sent : sent);
	wire_put_u64(out, question.tag);
	wire_put_u8(out, verdict.gap);
	wire_put_u64(out, verdict.used);
	wire_put_u64(out, verdict.limit);
	wire_put_u64(out, verdict.oldest);
	wire_put_u64(out, verdict.newest);
	question_put_busy(&question, verdict.used, out);
	question_put_marks(&question, verdict.used, out);
	link_end(&peer->link);
	return log->losses == losses;
}

static struct wire_in body_of(const struct page_request *request)
{
	return wire_in(span(request->body, request->len));
}

/* False if it cannot be judged yet: the rest of what that takes is looked up
 * when it is the peer's turn again. */
static bool prepare(struct eventlog *log, const struct peer *peer,
	struct page_request *request, uint64_t end)
{
	struct wire_in in = body_of(request);
	struct question question;

	if (request->looks.names == 0)
		request->sent = sent_to(log, peer);
	question_read_again(&question, &in);
	question_find_label(&question, log);
	return question_look(&question, &request->looks, log, end);
}

/* What was asked was read before: it is well formed. */
static void answer_next(struct eventlog *log, struct peer *peer, uint64_t end)
{
	size_t before = link_pending(&peer->link);
	struct page_request *request;
	bool whole;

	if (peer->pages->judge && !prepare(log, peer, peer->pages, end))
		return;
	request = take(peer);
	do { /* once more, if something turned out to be lost */
		struct wire_in in = body_of(request);

		link_cut(&peer->link, before);
		whole = request->judge
				? put_verdict(log, peer, request, &in)
				: put_page(log, peer, &in, sent_to(log, peer));
	} while (!whole);
	request_free(request);
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
			answer_next(log, peer, end);
	}
}
