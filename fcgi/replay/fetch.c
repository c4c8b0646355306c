/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/fetch.h"

#include <stdlib.h>

#include "fcgi/guard/grant.h"
#include "fcgi/replay/backlog.h"
#include "fcgi/replay/inquiry.h"
#include "fcgi/replay/straggler.h"
#include "fcgi/replay/strips.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/told.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/questions.h"
#include "lib/buf.h"
#include "lib/event/scope.h"

struct fetch {
	const struct window *window;
	struct fetch_owner owner;
	struct inquiries *inquiries;
	struct strips *strips;
	struct backlog *backlog;
	bool asked; /* since the last fetch_ask() */
	struct buf scratch;
};

/* ---- what stragglers want */

void fetch_verdict(struct fetch *fetch, struct straggler *straggler)
{
	straggler->judged = false;
	backlog_add(fetch->backlog, straggler);
}

void fetch_strips(struct fetch *fetch, struct straggler *straggler)
{
	backlog_add(fetch->backlog, straggler);
}

void fetch_leave(struct fetch *fetch, struct straggler *straggler)
{
	strips_close(fetch->strips, straggler);
	backlog_remove(fetch->backlog, straggler);
	list_remove(&straggler->wait);
}

/* What a strip says may be of before or after the verdict: the hub is asked
 * again.  One that is doubted after that, too, is out of date. */
static void doubt(
	struct fetch *fetch, struct straggler *straggler, struct strip *strip)
{
	if (straggler->doubted)
		strips_discard(fetch->strips, strip);
	straggler->doubted = true;
	fetch_leave(fetch, straggler);
	fetch_verdict(fetch, straggler);
}

enum fetch_found fetch_find(struct fetch *fetch, struct lane *lane)
{
	if (!strips_find(fetch->strips, lane))
		return FETCH_MISSING;
	if (straggler_trusts(lane))
		return FETCH_FOUND;
	doubt(fetch, lane->of, lane->strip);
	return FETCH_DOUBTED;
}

/* ---- asking */

static struct span label_of(const struct opening *opening)
{
	return opening != NULL && opening->from == WIRE_LABEL
		       ? span_of(opening->requested)
		       : span(NULL, 0);
}

static void ask_verdict(struct fetch *fetch, struct straggler *straggler)
{
	const struct subscriber *sub = straggler->sub;
	const struct opening *opening = subscriber_opening(sub);
	struct buf *out = &fetch->scratch;
	struct inquiry *inquiry;

	buf_clear(out);
	wire_put_u8(
		out, (uint8_t)(opening != NULL ? opening->from : WIRE_AFTER));
	wire_put_u64(out, opening != NULL ? opening->value : sub->id);
	wire_put_u64(out, window_from(fetch->window));
	wire_put_str16(out, label_of(opening));
	wire_put_u16(out, sub->count);
	for (uint16_t i = 0; i < sub->count; i++)
		buf_add_span(out,
			topic_key_asked(topic_key(sub->memberships[i].topic)));
	told_put(sub->told, out);
	scope_put(grant_scope(sub->grant), out);
	inquiry = inquiries_judge(fetch->inquiries, buf_span(out));
	list_append(&inquiry->waiters, &straggler->wait);
	fetch->asked = true;
}

/* It is ready as soon as it has all its strips. */
static void look_whether_ready(struct fetch *fetch, struct straggler *straggler)
{
	if (straggler->found < straggler->count || straggler->missing > 0)
		return;
	backlog_remove(fetch->backlog, straggler);
	fetch->owner.ready(fetch->owner.arg, straggler);
}

/* Looks for its strips, and asks for those that are not there, as long as it
 * waits for fewer than `most`. */
static void look(
	struct fetch *fetch, struct straggler *straggler, uint16_t most)
{
	while (straggler->found < straggler->count &&
		straggler->missing < most) {
		struct lane *lane = &straggler->lanes[straggler->found];
		enum fetch_found found = fetch_find(fetch, lane);

		if (found == FETCH_DOUBTED)
			return;
		straggler->found++;
		if (found == FETCH_FOUND)
			continue;
		straggler->missing++;
		strips_ask(fetch->strips, lane);
		fetch->asked = true;
	}
	look_whether_ready(fetch, straggler);
}

static void ask_few(struct fetch *fetch)
{
	struct straggler *straggler;

	while (inquiries_count(fetch->inquiries) < FETCH_ASKED &&
		!strips_are_enough(fetch->strips) &&
		(straggler = backlog_take(fetch->backlog)) != NULL) {
		if (straggler->judged) {
			straggler_open(straggler);
			look(fetch, straggler, BACKLOG_FEW);
		} else {
			ask_verdict(fetch, straggler);
		}
	}
}

static void ask_many(struct fetch *fetch)
{
	struct straggler *straggler;

	/* A reader that has looked for all only has to wait for them. */
	while ((straggler = backlog_reader(fetch->backlog)) != NULL &&
		straggler->found < straggler->count &&
		straggler->missing < FETCH_MANY)
		look(fetch, straggler, FETCH_MANY);
}

bool fetch_ask(struct fetch *fetch)
{
	bool asked;

	ask_few(fetch);
	ask_many(fetch);
	asked = fetch->asked;
	fetch->asked = false;
	return asked;
}

void fetch_ahead(struct fetch *fetch, const struct straggler *straggler)
{
	for (uint16_t i = 0; i < straggler->count; i++)
		if (inquiries_count(fetch->inquiries) < FETCH_ASKED / 2 &&
			!strips_are_enough(fetch->strips))
			fetch->asked |= strips_ask_ahead(
				fetch->strips, &straggler->lanes[i]);
}

/* ---- what has come */

/* No hub has answered for as long as one may take: none will now. */
static void give_up(struct fetch *fetch)
{
	struct straggler *straggler;

	while ((straggler = backlog_any(fetch->backlog)) != NULL)
		fetch->owner.lost(fetch->owner.arg, straggler);
}

static void answered(struct fetch *fetch, bool away)
{
	if (away)
		give_up(fetch);
	ask_few(fetch);
	ask_many(fetch);
}

static void on_judged(
	void *arg, struct inquiry *inquiry, const struct judged *judged)
{
	struct fetch *fetch = arg;
	const struct fetch_owner *owner = &fetch->owner;

	while (!list_empty(&inquiry->waiters)) {
		struct straggler *straggler = list_entry(
			inquiry->waiters.next, struct straggler, wait);

		list_remove(&straggler->wait);
		if (judged->away)
			owner->lost(owner->arg, straggler);
		else
			owner->judged(owner->arg, straggler, judged);
	}
	answered(fetch, judged->away);
}

/* The strip of one who waits for it has come. */
static void give(struct fetch *fetch, struct lane *lane, struct strip *strip)
{
	struct straggler *straggler = lane->of;

	list_remove(&lane->wait);
	strips_hold(strip);
	lane->strip = strip;
	straggler->missing--;
	if (straggler_trusts(lane))
		look_whether_ready(fetch, straggler);
	else
		doubt(fetch, straggler, strip);
}

static struct lane *first_lane(const struct inquiry *inquiry)
{
	return list_entry(inquiry->waiters.next, struct lane, wait);
}

static void shelve(struct fetch *fetch, const struct inquiry *inquiry,
	const struct paged *paged)
{
	struct strip *strip = strips_take(fetch->strips, inquiry, paged);

	while (!list_empty(&inquiry->waiters))
		give(fetch, first_lane(inquiry), strip);
	strips_let_go(fetch->strips, strip);
}

static void lose(struct fetch *fetch, struct straggler *straggler)
{
	fetch_leave(fetch, straggler);
	fetch->owner.lost(fetch->owner.arg, straggler);
}

static void on_paged(
	void *arg, struct inquiry *inquiry, const struct paged *paged)
{
	struct fetch *fetch = arg;

	/* One that has looked no further would be asked the same for ever. */
	if (!paged->away && paged->through > inquiry->after)
		shelve(fetch, inquiry, paged);
	while (!list_empty(&inquiry->waiters))
		lose(fetch, first_lane(inquiry)->of);
	answered(fetch, paged->away);
}

void fetch_begin_anew(struct fetch *fetch)
{
	inquiries_forget(fetch->inquiries);
	strips_clear(fetch->strips);
}

void fetch_erase(struct fetch *fetch, const struct erasure *erasure)
{
	strips_erase(fetch->strips, erasure);
}

struct fetch *fetch_new(struct questions *questions,
	const struct window *window, size_t shelf,
	const struct fetch_owner *owner)
{
	struct fetch *fetch = mem_new(sizeof(*fetch));
	const struct inquiry_owner mine = {on_judged, on_paged, fetch};

	fetch->window = window;
	fetch->owner = *owner;
	fetch->inquiries = inquiries_new(questions, &mine);
	fetch->strips = strips_new(fetch->inquiries, window, shelf);
	fetch->backlog = backlog_new();
	return fetch;
}

void fetch_free(struct fetch *fetch)
{
	if (fetch == NULL)
		return;
	inquiries_free(fetch->inquiries);
	backlog_free(fetch->backlog);
	strips_free(fetch->strips);
	buf_release(&fetch->scratch);
	free(fetch);
}
