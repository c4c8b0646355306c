/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/streams.h"

#include <stdlib.h>

#include "fcgi/guard/limit.h"
#include "fcgi/presence/presence.h"
#include "fcgi/replay/lasts.h"
#include "fcgi/replay/replay.h"
#include "fcgi/stream/audience.h"
#include "fcgi/stream/composer.h"
#include "fcgi/stream/expiry.h"
#include "fcgi/stream/fanout.h"
#include "fcgi/stream/filling.h"
#include "fcgi/stream/greeting.h"
#include "fcgi/stream/notice.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/told.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/questions.h"
#include "fcgi/uplink/session.h"

struct streams {
	struct streams_parts parts;
	struct subscriber_home home; /* of all subscribers */
	struct filling *filling;
	struct openings *openings;
	struct replay *replay;
	struct lasts *lasts;
	struct expiry *expiry;
};

static struct streams *streams_of(const struct subscriber *sub)
{
	return list_entry(sub->home, struct streams, home);
}

/* Who has begun comes back by himself, and so does who is told "not now". */
static void end(struct subscriber *sub)
{
	if (sub->opens)
		greeting_postpone(sub);
	else
		subscriber_close(sub);
}

/* On with what is in the window, and below it with older events. */
static void go_on(struct subscriber *sub, uint64_t horizon)
{
	if (subscriber_pump(sub, horizon) == BELOW)
		replay_ask(streams_of(sub)->replay, sub);
}

static void begin_at(struct subscriber *sub, uint64_t id, uint64_t pos)
{
	enum pump_result progress;

	sub->id = id;
	sub->pos = pos;
	progress = greeting_begin(sub, NULL);
	if (progress == CAUGHT_UP)
		go_on(sub, window_end(sub->home->window));
}

/* Behind the last values comes what the window has. */
static void on_lasts(struct subscriber *sub, const struct lasts_found *found)
{
	if (greeting_lasts(sub, found) == CAUGHT_UP)
		go_on(sub, window_end(sub->home->window));
}

static void on_again(struct subscriber *sub)
{
	openings_add(streams_of(sub)->openings, sub->opening);
}

/* The window is filled: begins, or lets the hub judge. */
static void decide(struct subscriber *sub)
{
	const struct window *window = sub->home->window;
	const struct opening *opening = sub->opening;
	uint64_t pos;

	if (opening->last)
		lasts_ask(streams_of(sub)->lasts, sub);
	else if (opening->fresh)
		begin_at(sub, window_newest(window), window_end(window));
	else if (opening->from == WIRE_AFTER &&
		 window_locate(window, opening->value, &pos))
		begin_at(sub, opening->value, pos);
	else
		replay_ask(streams_of(sub)->replay, sub);
}

static bool can_decide(const struct streams *streams)
{
	return window_valid(streams->parts.window) &&
	       session_is_filled(streams->parts.session);
}

/* Its patterns have what the window holds. */
static void on_filled(struct subscriber *sub)
{
	struct streams *streams = streams_of(sub);

	if (can_decide(streams))
		decide(sub);
	else
		openings_add(streams->openings, sub->opening);
}

void streams_open(
	struct streams *streams, const struct subscription *subscription)
{
	struct subscriber *sub = subscriber_new(&streams->home, subscription);

	audience_join(streams->parts.audience, sub, subscription->channels,
		subscription->types);
	sub->opening = opening_new(sub, subscription);
	sub->opens = true;
	expiry_enter(streams->expiry, sub);
	if (sub->seen)
		presence_enter(streams->parts.presence, sub, subscription);
	if (filling_is_due(sub))
		filling_add(streams->filling, sub);
	else
		on_filled(sub);
}

void streams_filled(struct streams *streams)
{
	struct opening *opening;

	while (can_decide(streams) &&
		(opening = openings_take(streams->openings)) != NULL)
		decide(opening->sub);
}

/* ---- older events */

static void arrived(struct subscriber *sub)
{
	subscriber_find_place(sub);
	go_on(sub, window_end(sub->home->window));
}

/* Who is not told of it is ended: asking again he is. */
static enum pump_result tell_gap(
	struct subscriber *sub, const struct judged *judged, uint64_t asked)
{
	struct batch *word = notice_gap(sub, judged, asked);

	if (word != NULL)
		return subscriber_give(sub, word);
	subscriber_close(sub);
	return GONE;
}

/* A hub that looks no further would be asked the same for ever. */
static bool is_stuck(const struct subscriber *sub, const struct judged *judged)
{
	return !sub->opens && !judged->gap && judged->limit <= sub->id &&
	       sub->id < window_from(sub->home->window);
}

static enum pump_result judged(
	struct subscriber *sub, const struct judged *judged)
{
	uint64_t asked = sub->id;

	if (is_stuck(sub, judged)) {
		end(sub);
		return GONE;
	}
	sub->id = judged->used;
	free(sub->told);
	sub->told = told_new(judged);
	if (sub->opens)
		return greeting_begin(sub, judged);
	if (judged->gap)
		return tell_gap(sub, judged, asked);
	return CAUGHT_UP;
}

/* It was another log that had lost it. */
static void forget_told(void *arg, struct subscriber *sub)
{
	(void)arg;
	free(sub->told);
	sub->told = NULL;
}

void streams_begin_anew(struct streams *streams)
{
	audience_each(streams->parts.audience, forget_told, NULL);
	replay_begin_anew(streams->replay);
	lasts_begin_anew(streams->lasts);
}

void streams_erase(struct streams *streams, const struct erasure *erasure)
{
	composer_clear(streams->parts.composer);
	replay_erase(streams->replay, erasure);
	lasts_erase(streams->lasts, erasure);
}

/* ---- the end */

static void finish(void *arg, struct subscriber *sub)
{
	(void)arg;
	end(sub);
}

void streams_drain(struct streams *streams)
{
	audience_each(streams->parts.audience, finish, NULL);
}

void streams_keys_gone(struct streams *streams)
{
	expiry_of_keys(streams->parts.audience, streams->expiry);
}

/* ---- life */

static void on_below(struct subscriber *sub)
{
	replay_ask(streams_of(sub)->replay, sub);
}

static void on_late(struct subscriber *sub)
{
	fanout_subscriber(streams_of(sub)->parts.fanout, sub);
}

static void on_gone(struct subscriber *sub)
{
	const struct streams_parts *parts = &streams_of(sub)->parts;

	expiry_leave(streams_of(sub)->expiry, sub);
	replay_leave(streams_of(sub)->replay, sub);
	lasts_leave(streams_of(sub)->lasts, sub);
	fanout_forget(parts->fanout, sub);
	opening_leave(sub);
	if (sub->seen)
		presence_leave(parts->presence, sub);
	audience_leave(parts->audience, sub);
	if (sub->client != NULL)
		limit_leave(parts->limiter, sub->client, sub->count);
}

struct streams *streams_new(const struct streams_parts *parts)
{
	struct streams *streams = mem_new(sizeof(*streams));

	streams->parts = *parts;
	streams->home = (struct subscriber_home){
		.loop = parts->loop,
		.window = parts->window,
		.composer = parts->composer,
		.counters = parts->counters,
		.unread = parts->unread,
		.presence = parts->presence,
		.gzip = parts->gzip,
		.retry_ms = parts->retry_ms,
		.owner = {on_below, on_late, on_gone},
	};
	streams->filling = filling_new(parts->loop, parts->window, on_filled);
	streams->openings =
		openings_new(loop_timers(parts->loop), greeting_postpone);
	streams->expiry =
		expiry_new(loop_timers(parts->loop), greeting_postpone);
	streams->replay = replay_new(&(struct replay_parts){
		.loop = parts->loop,
		.questions = parts->session->questions,
		.window = parts->window,
		.shelf = parts->shelf,
		.owner = {judged, arrived, end},
	});
	streams->lasts = lasts_new(&(struct lasts_parts){
		.loop = parts->loop,
		.questions = parts->session->questions,
		.window = parts->window,
		.owner = {on_lasts, end, on_again},
	});
	return streams;
}

void streams_free(struct streams *streams)
{
	if (streams == NULL)
		return;
	replay_free(streams->replay);
	lasts_free(streams->lasts);
	openings_free(streams->openings);
	filling_free(streams->filling);
	expiry_free(streams->expiry);
	free(streams);
}
