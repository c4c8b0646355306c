/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/strips.h"

#include <stdlib.h>

#include "fcgi/replay/inquiry.h"
#include "fcgi/replay/shelf.h"
#include "fcgi/replay/straggler.h"
#include "fcgi/replay/strip.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/window.h"
#include "lib/buf.h"
#include "lib/event/erasure.h"

struct strips {
	struct inquiries *inquiries;
	const struct window *window;
	struct shelf *shelf;
};

struct strips *strips_new(
	struct inquiries *inquiries, const struct window *window, size_t shelf)
{
	struct strips *strips = mem_new(sizeof(*strips));

	strips->inquiries = inquiries;
	strips->window = window;
	strips->shelf = shelf_new(shelf);
	return strips;
}

void strips_free(struct strips *strips)
{
	if (strips == NULL)
		return;
	shelf_free(strips->shelf);
	free(strips);
}

static struct strip *find(
	struct strips *strips, const struct lane *lane, uint64_t cursor)
{
	return shelf_find(strips->shelf, straggler_kind(lane->of),
		straggler_channel(lane), cursor);
}

bool strips_find(struct strips *strips, struct lane *lane)
{
	uint64_t cursor = lane->of->sub->id;

	if (lane->strip != NULL && lane->strip->through > cursor)
		return true;
	if (lane->strip != NULL)
		shelf_let_go(strips->shelf, lane->strip);
	lane->strip = find(strips, lane, cursor);
	return lane->strip != NULL;
}

/* Up to the next strip that is there, so that none overlaps another. */
static struct inquiry *ask(
	struct strips *strips, const struct lane *lane, uint64_t after)
{
	struct inquiry_page page = {
		.channel = straggler_channel(lane),
		.kind = straggler_kind(lane->of),
		.after = after,
		.upto = window_from(strips->window),
		.bytes = straggler_bytes(lane->of),
	};
	uint64_t next =
		shelf_next(strips->shelf, page.kind, page.channel, after);

	if (next < page.upto)
		page.upto = next;
	return inquiries_page(strips->inquiries, &page);
}

void strips_ask(struct strips *strips, struct lane *lane)
{
	list_append(
		&ask(strips, lane, lane->of->sub->id)->waiters, &lane->wait);
}

bool strips_ask_ahead(struct strips *strips, const struct lane *lane)
{
	uint64_t end = lane->strip->through;
	struct strip *next;

	if (end >= lane->of->limit || 2 * lane->next < lane->strip->count)
		return false;
	next = find(strips, lane, end);
	if (next != NULL)
		shelf_let_go(strips->shelf, next);
	else
		(void)ask(strips, lane, end);
	return next == NULL;
}

struct strip *strips_take(struct strips *strips, const struct inquiry *inquiry,
	const struct paged *paged)
{
	struct strip *strip = strip_new(inquiry->after, paged, inquiry->channel,
		(enum event_dress)(inquiry->kind & SHELF_DRESS),
		window_privacy(strips->window));

	shelf_add(strips->shelf, inquiry->kind, inquiry->channel, strip);
	return strip;
}

bool strips_are_enough(const struct strips *strips)
{
	return shelf_is_overfull(strips->shelf);
}

void strips_hold(struct strip *strip)
{
	shelf_hold(strip);
}

void strips_let_go(struct strips *strips, struct strip *strip)
{
	shelf_let_go(strips->shelf, strip);
}

void strips_close(struct strips *strips, struct straggler *straggler)
{
	straggler_close(straggler, strips->shelf);
}

void strips_discard(struct strips *strips, struct strip *strip)
{
	shelf_discard(strips->shelf, strip);
}

void strips_clear(struct strips *strips)
{
	shelf_clear(strips->shelf);
}

void strips_erase(struct strips *strips, const struct erasure *erasure)
{
	if (erasure->channel.len > 0)
		strips_clear(strips);
	else if (erasure->first <= window_from(strips->window))
		shelf_erase(strips->shelf, erasure->first, erasure->last);
}
