/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/search.h"

static struct ring_frame *frame(const struct ring *ring, uint64_t number)
{
	return &ring->frames[number & (RING_FRAMES - 1)];
}

void ring_open(struct ring *ring, uint64_t base)
{
	ring->bytes = mem_new(RING_BYTES);
	ring->frames = mem_new(RING_FRAMES * sizeof(*ring->frames));
	ring->base = base;
}

void ring_restart(struct ring *ring, uint64_t base)
{
	assert(ring->shown == ring->last);
	ring->first = ring->last;
	ring->base = base;
}

void ring_close(struct ring *ring)
{
	free(ring->bytes);
	free(ring->frames);
	ring->bytes = NULL;
	ring->frames = NULL;
}

static void make_room(struct ring *ring, size_t need)
{
	uint64_t end = frame(ring, ring->last)->offset + need;

	assert(need <= RING_BYTES);
	while (ring->first < ring->last &&
		(end - frame(ring, ring->first)->offset > RING_BYTES ||
			ring->last - ring->first >= RING_FRAMES - 1)) {
		ring->base = frame(ring, ring->first)->through;
		ring->first++;
	}
	if (ring->shown < ring->first)
		ring->shown = ring->first;
}

static void put(struct ring *ring, uint64_t *at, const void *from, size_t len)
{
	size_t start = *at & (RING_BYTES - 1);
	size_t fits = RING_BYTES - start < len ? RING_BYTES - start : len;

	*at += len;
	if (len == 0)
		return;
	memcpy(ring->bytes + start, from, fits);
	memcpy(ring->bytes, (const char *)from + fits, len - fits);
}

static void put_int(struct ring *ring, uint64_t *at, uint64_t value, int bytes)
{
	unsigned char little[8];

	for (int i = 0; i < bytes; i++)
		little[i] = (unsigned char)(value >> (8 * i));
	put(ring, at, little, (size_t)bytes);
}

void ring_add(
	struct ring *ring, const struct wire_event *event, uint64_t through)
{
	size_t body = wire_event_size(event);
	uint64_t at;

	make_room(ring, WIRE_HEAD + 1 + body);
	at = frame(ring, ring->last)->offset;
	put_int(ring, &at, 1 + body, 4);
	put_int(ring, &at, WIRE_EVENT, 1);
	put_int(ring, &at, event->id, 8);
	put_int(ring, &at, event->at, 8);
	put_int(ring, &at, event->taken, 8);
	put_int(ring, &at, event->channel.len, 2);
	put(ring, &at, event->channel.at, event->channel.len);
	put_int(ring, &at, event->type.len, 1);
	put(ring, &at, event->type.at, event->type.len);
	put_int(ring, &at, event->traits.len, 2);
	put(ring, &at, event->traits.at, event->traits.len);
	put(ring, &at, event->data.at, event->data.len);
	assert(at == frame(ring, ring->last)->offset + WIRE_HEAD + 1 + body);
	frame(ring, ring->last)->through = through;
	ring->last++;
	frame(ring, ring->last)->offset = at;
}

void ring_show(struct ring *ring)
{
	ring->shown = ring->last;
}

void ring_revert(struct ring *ring, uint64_t newest)
{
	/* Drafts may have pushed out what was shown; what is left then does not
	 * reach back to the newest committed event. */
	if (ring->base > newest)
		ring->base = newest;
	ring->last = ring->shown;
}

static uint64_t through_at(const void *of, uint64_t number)
{
	return frame(of, number)->through;
}

uint64_t ring_find(const struct ring *ring, uint64_t id)
{
	assert(id >= ring->base);
	return search_above(ring->first, ring->shown, through_at, ring, id);
}

size_t ring_parts(const struct ring *ring, uint64_t from, struct span parts[2])
{
	uint64_t begin = frame(ring, from)->offset;
	size_t len = (size_t)(frame(ring, ring->shown)->offset - begin);
	size_t start = begin & (RING_BYTES - 1);
	size_t fits = RING_BYTES - start < len ? RING_BYTES - start : len;

	parts[0] = span(ring->bytes + start, fits);
	parts[1] = span(ring->bytes, len - fits);
	return len;
}

static uint64_t offset_at(const void *of, uint64_t number)
{
	return frame(of, number)->offset;
}

uint64_t ring_seek(
	const struct ring *ring, uint64_t from, size_t len, size_t *rest)
{
	uint64_t end = frame(ring, from)->offset + len;
	/* The last frame boundary at or below `end`. */
	uint64_t reached =
		search_above(from + 1, ring->shown + 1, offset_at, ring, end) -
		1;

	*rest = 0;
	if (frame(ring, reached)->offset < end)
		*rest = (size_t)(frame(ring, reached + 1)->offset - end);
	return reached;
}
