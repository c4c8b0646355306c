/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/history/history.h"

#include <stdlib.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/limit.h"
#include "fcgi/history/seeker.h"
#include "fcgi/history/visit.h"
#include "fcgi/history/waiters.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/media.h"
#include "fcgi/http/reply.h"
#include "fcgi/stream/admit.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/session.h"
#include "lib/loop.h"

struct history {
	struct history_parts parts;
	struct loop_turn turn;
	struct fair_queue *fresh;
	struct seeker *seeker;
	struct waiters *waiters;
	struct node all; /* visits */
};

static uint64_t date_ms(const struct history *history)
{
	return clock_date_ms(loop_clock(history->parts.loop));
}

static void refresh(struct history *history, struct visit *visit)
{
	fair_queue_add(history->fresh, &visit->place, visit->client);
	loop_again(history->parts.loop);
}

/* ---- the end */

static void on_gone(void *arg)
{
	struct visit *visit = arg;
	struct history *history = visit->history;

	seeker_leave(history->seeker, visit);
	list_remove(&visit->fellow);
	waiters_remove(history->waiters, visit);
	timer_stop(loop_timers(history->parts.loop), &visit->patience);
	limit_leave(history->parts.limiter, visit->client, 1);
	grant_drop(visit->grant);
	leaf_release(&visit->leaf);
	free(visit);
}

static void on_lost(void *arg, struct visit *visit)
{
	const struct history *history = arg;

	reply_away(history->parts.replies, deferred_done(visit->deferred),
		"the hub does not answer just now");
}

/* What was shown for it is good no more. */
static void refuse(const struct history *history, struct visit *visit)
{
	refusal_reply(history->parts.replies, deferred_done(visit->deferred),
		ACCESS_BAD_TOKEN);
}

static void answer(const struct history *history, struct visit *visit)
{
	if (visit_has_ended(visit, date_ms(history)))
		refuse(history, visit);
	else
		visit_answer(visit);
}

static bool may_wait(const struct history *history, const struct visit *visit)
{
	return timer_is_set(&visit->patience) && visit_is_empty(visit) &&
	       !history->parts.admit->shut;
}

/* What came while the hub was asked is in the window; false if that has gone
 * on beyond its place. */
static bool sees_all(const struct history *history, struct visit *visit)
{
	const struct history_parts *parts = &history->parts;

	return visit->cursor >= window_newest(parts->window) ||
	       (session_is_filled(parts->session) &&
		       visit_look(visit, parts->window, date_ms(history)));
}

/* Waits, or is answered.  Nothing is lost between: who waits has seen all that
 * the window has, and what the hub said is out of date by then. */
static void finish(void *arg, struct visit *visit)
{
	struct history *history = arg;
	bool all = !may_wait(history, visit) || sees_all(history, visit);

	if (!may_wait(history, visit)) {
		answer(history, visit);
		return;
	}
	visit->wanted.since =
		(struct since){.from = WIRE_AFTER, .value = visit->cursor};
	visit_restart(visit);
	if (all)
		waiters_add(history->waiters, visit);
	else
		refresh(history, visit);
}

/* ---- what the window has */

static void look(void *arg, struct visit *visit)
{
	struct history *history = arg;
	const struct history_parts *parts = &history->parts;

	if (session_is_filled(parts->session) &&
		visit_look(visit, parts->window, date_ms(history)))
		finish(history, visit);
	else
		seeker_add(history->seeker, visit);
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

static void on_turn(void *arg)
{
	struct history *history = arg;

	if (!fair_queue_is_empty(history->fresh))
		look_at_fresh(history);
	seeker_ask(history->seeker);
}

/* ---- a request */

static void on_patience(void *arg)
{
	struct visit *visit = arg;

	/* Whoever is on his way is answered when he arrives. */
	if (!list_linked(&visit->wait))
		return;
	waiters_remove(visit->history->waiters, visit);
	answer(visit->history, visit);
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
	visit->more = access_more(history->parts.access);
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
	refresh(history, visit);
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
		refresh(history, visit);
}

/* Whatever it has is another log's, or what is asked for it would be. */
static void restart(struct history *history, struct visit *visit)
{
	seeker_leave(history->seeker, visit);
	waiters_remove(history->waiters, visit);
	visit_restart(visit);
	refresh(history, visit);
}

void history_begin_anew(struct history *history)
{
	struct node *node = history->all.next;

	for (; node != &history->all; node = node->next)
		restart(history, list_entry(node, struct visit, fellow));
}

void history_erase(struct history *history)
{
	struct node *node = history->all.next;

	for (; node != &history->all; node = node->next) {
		struct visit *visit = list_entry(node, struct visit, fellow);

		if (visit->leaf.count > 0)
			restart(history, visit);
	}
}

void history_drain(struct history *history)
{
	struct visit *visit;

	while ((visit = waiters_any(history->waiters)) != NULL)
		answer(history, visit);
}

struct history *history_new(const struct history_parts *parts)
{
	struct history *history = mem_new(sizeof(*history));

	history->parts = *parts;
	history->fresh = fair_queue_new();
	history->seeker = seeker_new(&(struct seeker_parts){
		.loop = parts->loop,
		.questions = parts->session->questions,
		.privacy = access_privacy(parts->access),
		.owner = {look, finish, on_lost, history},
	});
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
	seeker_free(history->seeker);
	waiters_free(history->waiters);
	free(history);
}
