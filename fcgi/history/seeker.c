/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/history/seeker.h"

#include <stdlib.h>

#include "fcgi/guard/grant.h"
#include "fcgi/history/visit.h"
#include "fcgi/http/deferred.h"
#include "fcgi/uplink/call.h"
#include "fcgi/uplink/questions.h"
#include "lib/event/scope.h"
#include "lib/event/selector.h"
#include "lib/loop.h"

enum {
	EVENT_GUESS = 320, /* bytes of an event, to ask for no more than is
			      wanted */
	SHEET_LEAST = 4 << 10,
	SHEET_MOST = 512 << 10,
};

struct seeker {
	struct seeker_parts parts;
	struct fair_queue *queue;
	struct fair_queue *half; /* who have some of their events */
	unsigned asking;	 /* questions that the hub has */
};

/* ---- what the hub says */

static struct fair_place *take(struct seeker *seeker)
{
	struct fair_place *place = fair_queue_take(seeker->half);

	return place != NULL ? place : fair_queue_take(seeker->queue);
}

/* No hub has answered for as long as one may take: none will now. */
static void give_up(struct seeker *seeker)
{
	const struct seeker_owner *owner = &seeker->parts.owner;
	struct fair_place *place;

	while ((place = take(seeker)) != NULL)
		owner->lost(owner->arg, list_entry(place, struct visit, place));
}

static void forget_call(struct visit *visit)
{
	visit->seeker->asking--;
	visit->deferred->call = NULL;
}

static void lose(struct visit *visit)
{
	const struct seeker_owner *owner = &visit->seeker->parts.owner;

	owner->lost(owner->arg, visit);
}

static void on_judged(void *arg, const struct judged *judged)
{
	struct visit *visit = arg;
	struct seeker *seeker = visit->seeker;
	const struct seeker_owner *owner = &seeker->parts.owner;

	forget_call(visit);
	if (judged->away) {
		lose(visit);
		give_up(seeker);
		return;
	}
	visit_judge(visit, judged);
	if (visit->cursor < visit->limit)
		owner->on(owner->arg, visit);
	else
		owner->done(owner->arg, visit);
}

static void on_paged(void *arg, const struct paged *paged)
{
	struct visit *visit = arg;
	struct seeker *seeker = visit->seeker;
	const struct seeker_parts *parts = &seeker->parts;

	forget_call(visit);
	if (paged->away) {
		lose(visit);
		give_up(seeker);
		return;
	}
	switch (visit_take(visit, paged, parts->privacy,
		clock_date_ms(loop_clock(parts->loop)))) {
	case VISIT_MORE:
		parts->owner.on(parts->owner.arg, visit);
		break;
	case VISIT_DONE:
		parts->owner.done(parts->owner.arg, visit);
		break;
	case VISIT_DOUBT:
		seeker_add(seeker, visit);
		break;
	case VISIT_LOST:
		lose(visit);
		break;
	}
}

/* ---- asking */

static void put_channel(struct buf *out, const struct visit *visit)
{
	wire_put_u8(out, SELECTOR_EXACT);
	wire_put_str16(out, visit_channel(visit));
}

static struct call *ask_verdict(
	const struct seeker *seeker, struct visit *visit)
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
	call = questions_judge(
		seeker->parts.questions, buf_span(&body), on_judged, visit);
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

static struct call *ask_sheet(const struct seeker *seeker, struct visit *visit)
{
	struct buf body = {0};
	struct call *call;

	wire_put_u64(&body, visit->cursor);
	wire_put_u64(&body, visit->limit);
	wire_put_u32(&body, sheet_bytes(&visit->leaf));
	wire_put_u8(&body, grant_scope(visit->grant) == NULL);
	put_channel(&body, visit);
	call = questions_page(
		seeker->parts.questions, buf_span(&body), on_paged, visit);
	buf_release(&body);
	return call;
}

void seeker_ask(struct seeker *seeker)
{
	struct fair_place *place;

	while (seeker->asking < SEEKER_ASKED &&
		(place = take(seeker)) != NULL) {
		struct visit *visit = list_entry(place, struct visit, place);

		seeker->asking++;
		visit->deferred->call = visit->judged
						? ask_sheet(seeker, visit)
						: ask_verdict(seeker, visit);
		/* What is asked is sent at the beginning of a turn. */
		loop_again(seeker->parts.loop);
	}
}

void seeker_add(struct seeker *seeker, struct visit *visit)
{
	visit->seeker = seeker;
	fair_queue_add(visit->leaf.count > 0 ? seeker->half : seeker->queue,
		&visit->place, visit->client);
	loop_again(seeker->parts.loop);
}

void seeker_leave(struct seeker *seeker, struct visit *visit)
{
	fair_queue_remove(&visit->place);
	if (visit->deferred->call == NULL)
		return;
	call_forget(visit->deferred->call);
	visit->deferred->call = NULL;
	seeker->asking--;
}

struct seeker *seeker_new(const struct seeker_parts *parts)
{
	struct seeker *seeker = mem_new(sizeof(*seeker));

	seeker->parts = *parts;
	seeker->queue = fair_queue_new();
	seeker->half = fair_queue_new();
	return seeker;
}

void seeker_free(struct seeker *seeker)
{
	if (seeker == NULL)
		return;
	fair_queue_free(seeker->queue);
	fair_queue_free(seeker->half);
	free(seeker);
}
