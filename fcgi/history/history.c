/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/history/history.h"

#include <stdlib.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/limit.h"
#include "fcgi/history/visit.h"
#include "fcgi/history/waiters.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/media.h"
#include "fcgi/http/reply.h"
#include "fcgi/stream/admit.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/call.h"
#include "fcgi/uplink/questions.h"
#include "fcgi/uplink/session.h"
#include "lib/event/scope.h"
#include "lib/event/selector.h"
#include "lib/loop.h"

enum {
	EVENT_GUESS = 320, /* bytes of an event, to ask for no more than is
			      wanted */
	SHEET_LEAST = 4 << 10,
	SHEET_MOST = 512 << 10,
};

struct history {
	struct history_parts parts;
	struct loop_turn turn;
	struct fair_queue *fresh, *hungry;
	struct waiters *waiters;
	struct node all; /* visits */
	unsigned asking; /* questions that the hub has */
};

static uint64_t date_ms(const struct history *history)
{
	return clock_date_ms(loop_clock(history->parts.loop));
}

/* Also from outside the turn: there is something to do in it. */
static void queue(
	struct history *history, struct fair_queue *in, struct visit *visit)
{
	fair_queue_add(in, &visit->place, visit->client);
	loop_again(history->parts.loop);
}

/* ---- the end */

static void on_gone(void *arg)
{
	struct visit *visit = arg;
	struct history *history = visit->history;

	fair_queue_remove(&visit->place);
	list_remove(&visit->fellow);
	waiters_remove(history->waiters, visit);
	timer_stop(loop_timers(history->parts.loop), &visit->patience);
	history->asking -= visit->asking;
	limit_leave(history->parts.limiter, visit->client, 1);
	grant_drop(visit->grant);
	leaf_release(&visit->leaf);
	free(visit);
}

static void lose(const struct history *history, struct visit *visit)
{
	reply_away(history->parts.replies, deferred_done(visit->deferred),
		"the hub does not answer just now");
}

/* No hub has answered for as long as one may take: none will now. */
static void give_up(const struct history *history)
{
	struct fair_place *place;

	while ((place = fair_queue_take(history->hungry)) != NULL)
		lose(history, list_entry(place, struct visit, place));
}

/* Waits, or is answered.  Nothing is lost between: it has seen all that the
 * window has. */
static void finish(struct history *history, struct visit *visit)
{
	if (!timer_is_set(&visit->patience) || !visit_is_empty(visit) ||
		history->parts.admit->shut) {
		visit_answer(visit);
		return;
	}
	visit->wanted.since =
		(struct since){.from = WIRE_AFTER, .value = visit->cursor};
	waiters_add(history->waiters, visit);
}

/* True if it has been refused: what was shown for it is good no more. */
static bool is_over(const struct history *history, struct visit *visit)
{
	if (!visit_has_ended(visit, date_ms(history)))
		return false;
	refusal_reply(history->parts.replies, deferred_done(visit->deferred),
		ACCESS_BAD_TOKEN);
	return true;
}

/* ---- what the window has */

static void look(struct history *history, struct visit *visit)
{
	const struct history_parts *parts = &history->parts;

	if (is_over(history, visit))
		return;
	if (session_is_filled(parts->session) &&
		visit_look(visit, parts->window, date_ms(history)))
		finish(history, visit);
	else
		queue(history, history->hungry, visit);
}

/* ---- what the hub says */

static struct visit *answered(void *arg, bool away)
{
	struct visit *visit = arg;
	struct history *history = visit->history;

	visit->asking = false;
	history->asking--;
	visit->deferred->call = NULL;
	if (!away)
		return visit;
	give_up(history);
	lose(history, visit);
	return NULL;
}

/* Above its cursor the hub's word goes no further. */
static void go_on(struct history *history, struct visit *visit)
{
	if (visit->cursor < visit->limit)
		look(history, visit);
	else
		finish(history, visit);
}

static void on_judged(void *arg, const struct judged *judged)
{
	struct visit *visit = answered(arg, judged->away);

	if (visit == NULL || is_over(visit->history, visit))
		return;
	visit_judge(visit, judged);
	go_on(visit->history, visit);
}

static void on_paged(void *arg, const struct paged *paged)
{
	struct visit *visit = answered(arg, paged->away);
	struct history *history;

	if (visit == NULL || is_over(visit->history, visit))
		return;
	history = visit->history;
	switch (visit_take(visit, paged, access_privacy(history->parts.access),
		date_ms(history))) {
	case VISIT_MORE:
		look(history, visit);
		break;
	case VISIT_DONE:
		finish(history, visit);
		break;
	case VISIT_DOUBT:
		queue(history, history->hungry, visit);
		break;
	case VISIT_LOST:
		lose(history, visit);
		break;
	}
}

static void put_channel(struct buf *out, const struct visit *visit)
{
	wire_put_u8(out, SELECTOR_EXACT);
	wire_put_str16(out, visit_channel(visit));
}

static struct call *ask_verdict(
	const struct history *history, struct visit *visit)
{
	struct buf body = {0};
	struct call *call;

	wire_put_u8(&body, (uint8_t)visit->wanted.since.from);
	wire_put_u64(&body, visit->wanted.since.value);
	wire_put_u64(&body, WIRE_ID_MAX);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u16(&body, 1);
	put_channel(&body, visit);
	wire_put_u16(&body, 0);
	scope_put(grant_scope(visit->grant), &body);
	call = questions_judge(history->parts.session->questions,
		buf_span(&body), on_judged, visit);
	buf_release(&body);
	return call;
}

static uint32_t sheet_bytes(const struct leaf *leaf)
{
	uint32_t bytes = (uint32_t)(leaf->limit - leaf->count) * EVENT_GUESS;

	if (bytes < SHEET_LEAST)
		return SHEET_LEAST;
	return bytes < SHEET_MOST ? bytes : SHEET_MOST;
}

static struct call *ask_sheet(
	const struct history *history, struct visit *visit)
{
	struct buf body = {0};
	struct call *call;

	wire_put_u64(&body, visit->cursor);
	wire_put_u64(&body, visit->limit);
	wire_put_u32(&body, sheet_bytes(&visit->leaf));
	wire_put_u8(&body, grant_scope(visit->grant) == NULL);
	put_channel(&body, visit);
	call = questions_page(history->parts.session->questions,
		buf_span(&body), on_paged, visit);
	buf_release(&body);
	return call;
}

static void ask(struct history *history, struct visit *visit)
{
	visit->asking = true;
	history->asking++;
	visit->deferred->call = visit->judged ? ask_sheet(history, visit)
					      : ask_verdict(history, visit);
}

/* ---- whose turn it is */

static struct visit *take(struct fair_queue *queue)
{
	struct fair_place *place = fair_queue_take(queue);

	return place == NULL ? NULL : list_entry(place, struct visit, place);
}

static void look_at_fresh(struct history *history)
{
	uint64_t end = loop_now_us(history->parts.loop) + HISTORY_SLICE_US;
	struct visit *visit;

	while (loop_now_us(history->parts.loop) < end &&
		(visit = take(history->fresh)) != NULL)
		look(history, visit);
	if (!fair_queue_is_empty(history->fresh))
		loop_again(history->parts.loop);
}

static void feed_hungry(struct history *history)
{
	struct visit *visit;

	while (history->asking < HISTORY_ASKED &&
		(visit = take(history->hungry)) != NULL) {
		ask(history, visit);
		/* What is asked is sent at the beginning of a turn. */
		loop_again(history->parts.loop);
	}
}

static void on_turn(void *arg)
{
	struct history *history = arg;

	if (!fair_queue_is_empty(history->fresh))
		look_at_fresh(history);
	feed_hungry(history);
}

/* ---- a request */

static void on_patience(void *arg)
{
	struct visit *visit = arg;

	/* Whoever is on his way is answered when he arrives. */
	if (!list_linked(&visit->wait))
		return;
	waiters_remove(visit->history->waiters, visit);
	if (!is_over(visit->history, visit))
		visit_answer(visit);
}

static enum visit_caching caching_of(const struct access *access)
{
	switch (access_more(access)) {
	case ACCESS_NOBODY:
		return VISIT_PUBLIC;
	case ACCESS_BY_HEADER:
		return VISIT_PUBLIC_UNSHOWN;
	case ACCESS_BY_OTHERS:
		break;
	}
	return VISIT_PRIVATE;
}

static bool wants_lines(const char *accept)
{
	unsigned lines = media_quality(accept, "application/x-ndjson", NULL);

	return lines > 0 &&
	       lines >= media_quality(accept, "application/json", NULL);
}

/* No longer than what was shown for it is good. */
static void be_patient(struct history *history, struct visit *visit)
{
	uint64_t wait_ms = visit->wanted.wait_ms;
	uint64_t left_ms = grant_until(visit->grant) - date_ms(history);

	if (wait_ms == 0 || visit->deferred->request->head)
		return;
	timer_set(loop_timers(history->parts.loop), &visit->patience,
		(wait_ms < left_ms ? wait_ms : left_ms) * 1000, 0);
}

static void begin(struct history *history, struct request *request,
	struct span channel, struct grant *grant,
	const struct history_query *wanted)
{
	struct visit *visit;
	struct client *client = admit_count(history->parts.admit, request);

	if (client == NULL) {
		grant_drop(grant);
		return;
	}
	visit = mem_new(sizeof(*visit));
	visit->history = history;
	visit->client = client;
	visit->grant = grant;
	visit->wanted = *wanted;
	visit->caching = caching_of(history->parts.access);
	visit->leaf.limit = wanted->limit;
	visit->leaf.lines = wants_lines(request->accept);
	fair_place_init(&visit->place);
	list_init(&visit->wait);
	list_append(&history->all, &visit->fellow);
	timer_init(&visit->patience, on_patience, visit);
	visit->deferred = deferred_new(history->parts.deferrals, request);
	visit->deferred->gone = on_gone;
	visit->deferred->beside = visit;
	buf_add_span(&visit->deferred->note, channel);
	be_patient(history, visit);
	queue(history, history->fresh, visit);
}

/* Holds *grant for the caller; false if it has been refused. */
static bool may_read(const struct history *history, struct request *request,
	struct span channel, struct grant **grant)
{
	const struct history_parts *parts = &history->parts;
	enum access_word word =
		access_may_listen(parts->access, request, grant);

	if (word == ACCESS_YES)
		word = access_may_read(parts->access, *grant, channel);
	if (word == ACCESS_YES)
		return true;
	grant_drop(*grant);
	refusal_reply(parts->replies, request, word);
	return false;
}

void history_show(
	void *room, struct request *request, const struct target *target)
{
	struct history *history = room;
	struct history_fault fault = {0};
	struct history_query wanted;
	struct grant *grant;

	if (!may_read(history, request, target->channel, &grant))
		return;
	if (history_query_read(
		    &wanted, target->query, date_ms(history), &fault)) {
		begin(history, request, target->channel, grant, &wanted);
		return;
	}
	grant_drop(grant);
	reply_error(history->parts.replies, request, 400, fault.code,
		fault.sentence);
}

/* ---- what happens meanwhile */

void history_hear(struct history *history, const struct wire_event *event)
{
	struct visit *visit;

	if (waiters_are_none(history->waiters) || event->id == 0)
		return;
	while ((visit = waiters_take(history->waiters, event->channel)) != NULL)
		queue(history, history->fresh, visit);
}

/* Whatever it has is another log's, or what is asked for it would be. */
static void restart(struct history *history, struct visit *visit)
{
	if (visit->asking) {
		call_forget(visit->deferred->call);
		visit->deferred->call = NULL;
		visit->asking = false;
		history->asking--;
	}
	waiters_remove(history->waiters, visit);
	fair_queue_remove(&visit->place);
	visit_restart(visit);
	queue(history, history->fresh, visit);
}

void history_begin_anew(struct history *history)
{
	struct node *node = history->all.next;

	for (; node != &history->all; node = node->next)
		restart(history, list_entry(node, struct visit, fellow));
}

void history_drain(struct history *history)
{
	struct visit *visit;

	while ((visit = waiters_any(history->waiters)) != NULL)
		if (!is_over(history, visit))
			visit_answer(visit);
}

struct history *history_new(const struct history_parts *parts)
{
	struct history *history = mem_new(sizeof(*history));

	history->parts = *parts;
	history->fresh = fair_queue_new();
	history->hungry = fair_queue_new();
	history->waiters = waiters_new();
	list_init(&history->all);
	loop_turn_init(&history->turn, HISTORY_ORDER, on_turn, history);
	loop_turn_start(parts->loop, &history->turn);
	return history;
}

void history_free(struct history *history)
{
	if (history == NULL)
		return;
	loop_turn_stop(history->parts.loop, &history->turn);
	fair_queue_free(history->fresh);
	fair_queue_free(history->hungry);
	waiters_free(history->waiters);
	free(history);
}
