/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/page.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log/order.h"
#include "hub/peers/follow.h"
#include "hub/peers/looks.h"
#include "hub/peers/resume.h"
#include "hub/peers/sheet.h"

struct page_request {
	struct page_request *next;
	bool judge;
	struct scope *scope;	/* of who wants a verdict, held */
	struct looks looks;	/* for a verdict, ... */
	uint64_t sent;		/* ... up to where it holds: since the first */
	struct order_look look; /* what it waits for, among the early, ... */
	uint64_t deadline;	/* ... and until when, monotonic us */
	size_t len;
	char body[];
};

/* ---- the queue */

/* NULL if the peer has been dropped instead. */
static struct page_request *enqueue(struct peer *peer, struct span body)
{
	struct page_request *request;

	if (!peer_asks(peer, sizeof(*request) + body.len))
		return NULL;
	request = mem_new(sizeof(*request) + body.len);
	request->len = body.len;
	memcpy(request->body, body.at, body.len);
	*peer->pages_end = request;
	peer->pages_end = &request->next;
	return request;
}

/* It is behind an event that this log does not have: another machine's may. */
static bool is_early(struct ledger *ledger, const struct question *question)
{
	struct eventlog *log = &ledger->log;
	uint64_t id;

	if (ledger->order == NULL)
		return false;
	if (question->from == WIRE_LABEL)
		return !labels_find(&log->labels, question->label, &id);
	return question->from == WIRE_AFTER && question->value > log->committed;
}

/* Takes the last one of the queue out of it. */
static void hold(struct ledger *ledger, struct peer *peer)
{
	struct page_request **at = &peer->pages, *request;

	while ((*at)->next != NULL)
		at = &(*at)->next;
	request = *at;
	*at = NULL;
	peer->pages_end = at;
	request->next = peer->early;
	peer->early = request;
	peer->peers->early++;
	request->deadline = clock_now_us(ledger->clock) +
			    ledger->config->shared.give_up_ms * 1000;
	order_look(ledger, &request->look);
}

/* Equal grants are one scope, however many ask with them. */
bool page_ask_judge(
	struct ledger *ledger, struct peer *peer, struct wire_in *in)
{
	struct eventlog *log = &ledger->log;
	const char *begun = in->at;
	struct page_request *request = NULL;
	struct question question;
	struct scope *scope;
	struct span body;
	bool good, early;

	if (!question_read(&question, in))
		return false;
	early = is_early(ledger, &question);
	body = span(begun, (size_t)(in->at - begun));
	scope = sights_read(&log->channels->sights, in);
	good = wire_done(in);
	if (good)
		request = enqueue(peer, body);
	if (request == NULL) {
		scope_drop(scope);
		return good;
	}
	request->judge = true;
	request->scope = scope;
	if (early)
		hold(ledger, peer);
	return true;
}

bool page_ask(struct peer *peer, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	struct wanted wanted;

	if (!wanted_read(&wanted, in))
		return false;
	(void)enqueue(peer, body);
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
	scope_drop(request->scope);
	free(request);
}

/* Takes the one that *at is out of those that are early. */
static struct page_request *release(struct peer *peer, struct page_request **at)
{
	struct page_request *request = *at;

	*at = request->next;
	request->next = NULL;
	order_unlook(&request->look);
	peer->peers->early--;
	return request;
}

void page_forget(struct peer *peer)
{
	while (peer->pages != NULL)
		request_free(take(peer));
	while (peer->early != NULL)
		request_free(release(peer, &peer->early));
}

/* ---- those that are early */

/* Who asked finds out by itself that there is no answer. */
static void drop(struct peer *peer, struct page_request *request)
{
	peer->asked_bytes -= sizeof(*request) + request->len;
	request_free(request);
}

static void wake(const struct ledger *ledger, struct peer *peer)
{
	uint64_t now = clock_now_us(ledger->clock);
	struct page_request **at = &peer->early;

	while (*at != NULL) {
		if (order_has_reached(ledger, &(*at)->look)) {
			struct page_request *request = release(peer, at);

			*peer->pages_end = request;
			peer->pages_end = &request->next;
		} else if (now > (*at)->deadline) {
			drop(peer, release(peer, at));
		} else {
			at = &(*at)->next;
		}
	}
}

void pages_wake(const struct ledger *ledger, struct peers *peers)
{
	if (peers->early == 0)
		return;
	for (struct peer *at = peers->first; at != NULL; at = at->next)
		wake(ledger, at);
}

/* ---- one page */

static bool put_page(struct eventlog *log, struct peer *peer,
	struct wire_in *in, uint64_t sent)
{
	struct wanted wanted;
	bool whole;

	wanted_read_again(&wanted, in);
	whole = sheet_put(log, link_begin(&peer->link, WIRE_PAGED), &wanted,
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

	question_read_again(&question, in, log->channels, request->scope);
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

static bool prepare_page(
	struct eventlog *log, const struct page_request *request, uint64_t end)
{
	struct wire_in in = body_of(request);
	struct wanted wanted;

	wanted_read_again(&wanted, &in);
	return sheet_prepare(log, &wanted, end);
}

static bool prepare_verdict(struct eventlog *log, const struct peer *peer,
	struct page_request *request, uint64_t end)
{
	struct wire_in in = body_of(request);
	struct question question;

	if (request->looks.names == 0)
		request->sent = sent_to(log, peer);
	question_read_again(&question, &in, log->channels, request->scope);
	question_find_label(&question, log);
	return looks_go_on(&request->looks, &question, log, end);
}

/* False if it cannot be answered yet: the rest of what that takes is looked up
 * when it is the peer's turn again. */
static bool prepare(struct eventlog *log, const struct peer *peer,
	struct page_request *request, uint64_t end)
{
	return request->judge ? prepare_verdict(log, peer, request, end)
			      : prepare_page(log, request, end);
}

/* What was asked was read before: it is well formed. */
static void answer_next(struct eventlog *log, struct peer *peer, uint64_t end)
{
	size_t before = link_pending(&peer->link);
	struct page_request *request;
	bool whole;

	if (!prepare(log, peer, peer->pages, end))
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

static bool wants_answer(const struct peer *peer)
{
	return peer->pages != NULL && peer_has_room(peer);
}

static bool wants(const struct peer *peer)
{
	return follow_wants_page(peer) || wants_answer(peer);
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
		/* Whoever is behind all the time may ask, too. */
		if (wants_answer(peer))
			answer_next(log, peer, end);
	}
}
