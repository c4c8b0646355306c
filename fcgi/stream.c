#include <config.h>

#include "fcgi/stream.h"

#include <ev.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/answers.h"
#include "fcgi/audience.h"
#include "fcgi/dialogue.h"
#include "fcgi/event.h"
#include "fcgi/fanout.h"
#include "fcgi/meter.h"
#include "fcgi/opening.h"
#include "fcgi/pager.h"
#include "fcgi/parcel.h"
#include "fcgi/record.h"
#include "fcgi/responder.h"
#include "fcgi/subscriber.h"
#include "fcgi/tasks.h"
#include "fcgi/window.h"
#include "lib/buf.h"
#include "lib/config.h"
#include "lib/log.h"

void stream_head(
	struct buf *out, struct responder *responder, struct span headers)
{
	uint64_t retry = responder->config->retry_ms;

	meter_answered(responder->meter, 200);
	/* Up to as much again, so that those who were cut together do not come
	 * back together. */
	retry += (uint64_t)random() % (retry + 1);
	buf_add_span(out, span_of("Status: 200 OK\r\n"
				  "Content-Type: text/event-stream\r\n"
				  "Cache-Control: no-store, no-transform\r\n"
				  "X-Accel-Buffering: no\r\n"
				  "X-Content-Type-Options: nosniff\r\n"));
	buf_add_span(out, headers);
	buf_printf(out, "\r\nretry: %" PRIu64 "\n\n", retry);
}

void stream_later(struct responder *responder, int fd, uint16_t request,
	struct span headers)
{
	struct buf text = {0};
	struct buf out = {0};

	stream_head(&text, responder, headers);
	record_stdout(&out, request, buf_span(&text));
	record_end(&out, request);
	/* A fresh socket takes this whole; if not, its browser sees a cut
	 * connection and comes back just the same. */
	(void)!send(fd, out.at, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
	buf_release(&text);
	buf_release(&out);
}

void stream_forget(struct subscriber *sub)
{
	opening_free(sub->opening);
	sub->opening = NULL;
}

/* Says "not now" to one who has had no byte yet. */
static void postpone(struct subscriber *sub)
{
	struct buf text = {0};

	stream_head(&text, sub->responder, span_of(sub->opening->headers));
	sub->half = parcel_new(sub->request, buf_span(&text));
	(void)!send(sub->watch.fd, sub->half->bytes, sub->half->len,
		MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_release(&text);
	subscriber_close(sub);
}

static void add_connected(struct buf *out, const struct subscriber *sub)
{
	struct span *names = mem_new(sub->count * sizeof(*names));

	for (uint16_t i = 0; i < sub->count; i++)
		names[i] = channel_name(sub->seats[i].channel);
	event_connected(out, sub->id, names, sub->count, sub->behind);
	free(names);
}

static void add_reset(struct buf *out, const struct subscriber *sub,
	const struct paged *paged, uint64_t asked)
{
	char digits[24];

	if (sub->opening == NULL)
		snprintf(digits, sizeof(digits), "%" PRIu64, asked);
	event_reset(out, sub->id,
		span_of(sub->opening != NULL ? sub->opening->requested
					     : digits),
		paged->oldest, paged->newest);
}

/* Where in the window the cursor is, or that it is below it. */
static void find_place(struct subscriber *sub)
{
	const struct window *window = sub->responder->window;

	sub->below = !window_valid(window) || sub->id < window_from(window);
	if (!sub->below)
		sub->pos = window_seek(window, sub->id);
}

/* The first bytes of a stream whose cursor is decided. */
static enum progress begin(struct subscriber *sub, const struct paged *paged)
{
	struct responder *responder = sub->responder;
	struct buf text = {0};
	struct parcel *parcel;

	sub->behind = sub->id < window_newest(responder->window);
	stream_head(&text, responder, span_of(sub->opening->headers));
	add_connected(&text, sub);
	if (paged != NULL && paged->gap)
		add_reset(&text, sub, paged, 0);
	stream_forget(sub);
	parcel = parcel_new(sub->request, buf_span(&text));
	buf_release(&text);
	return subscriber_give(sub, parcel);
}

static void begin_at(struct subscriber *sub, uint64_t id, uint64_t pos)
{
	enum progress progress;

	sub->id = id;
	sub->pos = pos;
	progress = begin(sub, NULL);
	if (progress == CAUGHT_UP)
		subscriber_pump(sub, window_end(sub->responder->window));
}

/* The window is filled: begins, or lets the hub judge. */
static void decide(struct subscriber *sub)
{
	const struct window *window = sub->responder->window;
	const struct opening *opening = sub->opening;
	uint64_t pos;

	if (opening->fresh)
		begin_at(sub, window_newest(window), window_end(window));
	else if (opening->from == WIRE_AFTER &&
		 window_locate(window, opening->value, &pos))
		begin_at(sub, opening->value, pos);
	else
		pager_ask(sub->responder->pager, sub);
}

static bool can_decide(const struct responder *responder)
{
	return window_valid(responder->window) &&
	       dialogue_is_filled(responder->dialogue);
}

void stream_open(struct responder *responder, const struct wish *wish)
{
	struct subscriber *sub = subscriber_new(responder, wish);

	sub->opening = opening_new(sub, wish);
	if (can_decide(responder))
		decide(sub);
	else
		openings_add(responder->openings, sub->opening);
}

void stream_filled(struct responder *responder)
{
	struct opening *opening;

	while (can_decide(responder) &&
		(opening = openings_take(responder->openings)) != NULL)
		decide(opening->sub);
}

void stream_expire(struct subscriber *sub)
{
	postpone(sub);
}

/* ---- the window is thrown away and begins anew */

static bool lacks_nothing(const struct subscriber *sub)
{
	for (uint16_t i = 0; i < sub->count; i++) {
		const struct channel *channel = sub->seats[i].channel;

		if (channel_after(channel, sub->pos) < channel->count)
			return false;
	}
	return true;
}

static void remember(void *arg, struct subscriber *sub)
{
	const struct window *window = arg;

	if (sub->opening == NULL && !subscriber_is_below(sub) &&
		lacks_nothing(sub) && sub->id < window_newest(window))
		sub->id = window_newest(window);
}

void stream_voiding(struct responder *responder)
{
	if (window_valid(responder->window))
		audience_each(responder->audience, remember, responder->window);
}

static void kick(void *arg, struct subscriber *sub)
{
	if (sub->opening == NULL)
		fanout_subscriber(arg, sub);
}

void stream_voided(struct responder *responder)
{
	audience_each(responder->audience, kick, responder->fanout);
}

/* ---- older pages */

static struct parcel *compose_page(
	const struct subscriber *sub, const struct paged *paged)
{
	struct wire_in in = paged->events;
	struct wire_event event;
	struct buf text = {0};
	struct parcel *parcel;

	for (uint32_t i = 0; i < paged->count; i++)
		if (wire_get_event(wire_get_blob(&in), &event))
			event_text(&text, &event, sub->envelope);
	parcel = parcel_new(sub->request, buf_span(&text));
	parcel->events = paged->count;
	parcel->replay = true;
	buf_release(&text);
	return parcel;
}

/* A FastCGI request id that is not 1 is nobody's but its own. */
static struct parcel *page_parcel(
	const struct subscriber *sub, struct paged *paged)
{
	struct parcel **shared = &paged->shared[sub->envelope];

	if (sub->request != 1)
		return compose_page(sub, paged);
	if (*shared == NULL)
		*shared = compose_page(sub, paged);
	return parcel_hold(*shared);
}

/* The page's events, now that the subscriber is at `used`. */
static void give_page(struct subscriber *sub, struct paged *paged)
{
	uint64_t end = window_end(sub->responder->window);

	sub->id = paged->through;
	find_place(sub);
	if (paged->count == 0 ||
		subscriber_give(sub, page_parcel(sub, paged)) == CAUGHT_UP)
		subscriber_pump(sub, end);
}

static enum progress give_reset(
	struct subscriber *sub, const struct paged *paged, uint64_t asked)
{
	struct buf text = {0};
	struct parcel *parcel;

	add_reset(&text, sub, paged, asked);
	parcel = parcel_new(sub->request, buf_span(&text));
	buf_release(&text);
	return subscriber_give(sub, parcel);
}

static void no_answer(struct subscriber *sub)
{
	if (sub->opening != NULL)
		postpone(sub);
	else
		subscriber_close(sub);
}

/* A hub that says "nothing there, and I looked no further" would be asked the
 * same for ever. */
static bool is_stuck(const struct subscriber *sub, const struct paged *paged)
{
	return sub->opening == NULL && !paged->gap && paged->count == 0 &&
	       paged->through <= sub->id &&
	       sub->id < window_from(sub->responder->window);
}

void stream_paged(struct subscriber *sub, struct paged *paged)
{
	enum progress progress = CAUGHT_UP;
	uint64_t asked = sub->id;

	if (paged->away || is_stuck(sub, paged)) {
		no_answer(sub);
		return;
	}
	sub->id = paged->used;
	sub->told = paged->mark;
	if (sub->opening != NULL)
		progress = begin(sub, paged);
	else if (paged->gap)
		progress = give_reset(sub, paged, asked);
	if (progress == CAUGHT_UP)
		give_page(sub, paged);
	else if (progress != GONE)
		find_place(sub); /* blocked: asks again when it is writable */
}

/* ---- the end */

static void finish(void *arg, struct subscriber *sub)
{
	(void)arg;
	if (sub->opening != NULL)
		postpone(sub);
	else
		subscriber_close(sub);
}

void stream_drain(struct responder *responder)
{
	audience_each(responder->audience, finish, NULL);
	tasks_drain(responder->tasks);
}

size_t stream_count(const struct responder *responder)
{
	return audience_count(responder->audience) +
	       tasks_count(responder->tasks);
}
