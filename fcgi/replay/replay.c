/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/replay.h"

#include <stdlib.h>

#include "fcgi/replay/fetch.h"
#include "fcgi/replay/straggler.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/questions.h"
#include "lib/buf.h"

struct replay {
	struct replay_parts parts;
	struct loop_turn turn;
	struct fetch *fetch;
	struct fair_queue *serving;
	struct merge merge;
	struct node all; /* stragglers */
	struct node full;
	unsigned full_count;
	struct timer patience; /* until the first of them counts no more */
};

static void serve_later(void *arg, struct straggler *straggler)
{
	struct replay *replay = arg;

	fair_queue_add(
		replay->serving, &straggler->place, straggler->sub->client);
}

/* ---- whose socket is filled */

static uint64_t now_us(const struct replay *replay)
{
	return loop_now_us(replay->parts.loop);
}

static void note_full(struct replay *replay, struct straggler *straggler)
{
	straggler->full_since = now_us(replay);
	list_append(&replay->full, &straggler->full);
	replay->full_count++;
}

/* Harmless if it is not. */
static void note_not_full(struct replay *replay, struct straggler *straggler)
{
	if (!list_linked(&straggler->full))
		return;
	list_remove(&straggler->full);
	replay->full_count--;
}

static struct straggler *first_full(const struct replay *replay)
{
	return list_entry(replay->full.next, struct straggler, full);
}

/* One more may be filled; if not, the loop turns once that is so. */
static bool may_fill(struct replay *replay)
{
	uint64_t now = now_us(replay), end;

	if (replay->full_count < REPLAY_FULL)
		return true;
	end = first_full(replay)->full_since + REPLAY_PATIENCE_US;
	if (end <= now) {
		note_not_full(replay, first_full(replay));
		return true;
	}
	timer_set(loop_timers(replay->parts.loop), &replay->patience, end - now,
		0);
	return false;
}

/* The turn that follows looks itself. */
static void ring(void *arg)
{
	(void)arg;
}

/* ---- who goes where */

static void forget(struct replay *replay, struct straggler *straggler)
{
	note_not_full(replay, straggler);
	fetch_leave(replay->fetch, straggler);
	straggler->sub->straggler = NULL;
	straggler_free(straggler);
}

/* It waits for nothing, and its lanes are closed. */
static void go_on(struct replay *replay, struct straggler *straggler)
{
	struct subscriber *sub = straggler->sub;

	if (straggler->judged && sub->id >= window_from(replay->parts.window)) {
		forget(replay, straggler);
		replay->parts.owner.arrived(sub);
	} else if (straggler->judged && sub->id < straggler->limit) {
		serve_later(replay, straggler);
	} else {
		fetch_verdict(replay->fetch, straggler);
	}
}

/* ---- what fetch tells */

static void on_judged(
	void *arg, struct straggler *straggler, const struct judged *judged)
{
	struct replay *replay = arg;

	straggler_judge(straggler, judged);
	/* Blocked, it asks again as soon as it is writable. */
	if (replay->parts.owner.judged(straggler->sub, judged) == CAUGHT_UP)
		go_on(replay, straggler);
}

static void on_lost(void *arg, struct straggler *straggler)
{
	const struct replay *replay = arg;

	replay->parts.owner.lost(straggler->sub);
}

/* ---- serving */

/* Each lane has a strip for what follows the cursor.  False if the straggler is
 * on its way elsewhere to get them. */
static bool fill(struct replay *replay, struct straggler *straggler, bool first)
{
	for (uint16_t i = 0; i < straggler->count; i++) {
		struct lane *lane = &straggler->lanes[i];
		const struct strip *before = first ? NULL : lane->strip;

		switch (fetch_find(replay->fetch, lane)) {
		case FETCH_FOUND:
			if (lane->strip != before)
				merge_lane(&replay->merge, lane,
					straggler->sub->id);
			break;
		case FETCH_MISSING:
			fetch_leave(replay->fetch, straggler);
			fetch_strips(replay->fetch, straggler);
			return false;
		case FETCH_DOUBTED:
			return false;
		}
	}
	return true;
}

/* Its lanes are filled. */
static enum pump_result give(
	struct replay *replay, struct straggler *straggler, unsigned *batches)
{
	struct subscriber *sub = straggler->sub;
	uint64_t reach = straggler_reach(straggler);
	enum pump_result progress = CAUGHT_UP;

	while (progress == CAUGHT_UP && sub->id < reach &&
		*batches < REPLAY_BATCHES) {
		struct batch *batch =
			merge_next(&replay->merge, sub, reach, &sub->id);

		if (batch == NULL)
			break;
		straggler->doubted = false;
		++*batches;
		progress = subscriber_give(sub, batch);
	}
	return progress;
}

static void serve(struct replay *replay, struct straggler *straggler)
{
	const struct subscriber *sub = straggler->sub;
	enum pump_result progress = CAUGHT_UP;
	unsigned batches = 0;
	bool first = true;

	if (straggler->lanes == NULL)
		straggler_open(straggler);
	while (progress == CAUGHT_UP && batches < REPLAY_BATCHES &&
		sub->id < straggler->limit) {
		if (!fill(replay, straggler, first))
			return;
		first = false;
		progress = give(replay, straggler, &batches);
	}
	if (progress == GONE)
		return;
	if (!first)
		fetch_ahead(replay->fetch, straggler);
	fetch_leave(replay->fetch, straggler);
	if (progress == CAUGHT_UP)
		go_on(replay, straggler);
	else
		note_full(replay, straggler);
}

/* True if there is more to do at once. */
static bool serve_some(struct replay *replay)
{
	uint64_t end = now_us(replay) + REPLAY_SLICE_US;

	while (!fair_queue_is_empty(replay->serving)) {
		if (!may_fill(replay))
			return false;
		if (now_us(replay) > end)
			return true;
		serve(replay, list_entry(fair_queue_take(replay->serving),
				      struct straggler, place));
		merge_clear(&replay->merge);
	}
	return false;
}

static void turn(void *arg)
{
	struct replay *replay = arg;
	bool more = serve_some(replay);

	/* What is asked is sent at the beginning of a turn. */
	more |= fetch_ask(replay->fetch);
	if (more)
		loop_again(replay->parts.loop);
}

/* ---- from outside */

void replay_ask(struct replay *replay, struct subscriber *sub)
{
	struct straggler *straggler = sub->straggler;

	if (straggler == NULL) {
		straggler = sub->straggler = straggler_new(sub);
		list_append(&replay->all, &straggler->fellow);
	}
	note_not_full(replay, straggler);
	if (!straggler_is_idle(straggler))
		return;
	go_on(replay, straggler);
}

void replay_leave(struct replay *replay, struct subscriber *sub)
{
	if (sub->straggler != NULL)
		forget(replay, sub->straggler);
}

void replay_begin_anew(struct replay *replay)
{
	struct node *node = replay->all.next;

	for (; node != &replay->all; node = node->next) {
		struct straggler *straggler =
			list_entry(node, struct straggler, fellow);
		bool idle = straggler_is_idle(straggler);

		fetch_leave(replay->fetch, straggler);
		straggler->judged = false;
		if (!idle)
			fetch_verdict(replay->fetch, straggler);
	}
	fetch_begin_anew(replay->fetch);
}

void replay_erase(struct replay *replay, const struct erasure *erasure)
{
	fetch_erase(replay->fetch, erasure);
}

struct replay *replay_new(const struct replay_parts *parts)
{
	struct replay *replay = mem_new(sizeof(*replay));
	const struct fetch_owner owner = {
		on_judged, serve_later, on_lost, replay};

	replay->parts = *parts;
	list_init(&replay->all);
	list_init(&replay->full);
	timer_init(&replay->patience, ring, replay);
	replay->fetch = fetch_new(
		parts->questions, parts->window, parts->shelf, &owner);
	replay->serving = fair_queue_new();
	loop_turn_init(&replay->turn, REPLAY_ORDER, turn, replay);
	loop_turn_start(parts->loop, &replay->turn);
	return replay;
}

void replay_free(struct replay *replay)
{
	if (replay == NULL)
		return;
	loop_turn_stop(replay->parts.loop, &replay->turn);
	timer_stop(loop_timers(replay->parts.loop), &replay->patience);
	fetch_free(replay->fetch);
	fair_queue_free(replay->serving);
	merge_release(&replay->merge);
	free(replay);
}
