/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/merge.h"

#include <stdbool.h>

#include "fcgi/http/record.h"
#include "fcgi/replay/strip.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/subscriber.h"

enum { TEXT_KEPT = 256 << 10 }; /* scratch that outlives a large event */

void merge_release(struct merge *merge)
{
	heap_release(&merge->heap);
	buf_release(&merge->text);
}

void merge_clear(struct merge *merge)
{
	heap_clear(&merge->heap);
	if (merge->text.size > TEXT_KEPT)
		buf_release(&merge->text);
}

void merge_lane(struct merge *merge, struct lane *lane, uint64_t cursor)
{
	lane->node = (struct heap_node){0};
	lane->next = strip_after(lane->strip, cursor);
	if (lane->next < lane->strip->count)
		heap_add(&merge->heap, &lane->node,
			lane->strip->ids[lane->next]);
}

/* The lane whose event comes first; NULL if that is above `reach`. */
static struct lane *first(const struct merge *merge, uint64_t reach)
{
	struct heap_node *node = heap_first(&merge->heap);

	return node == NULL || node->key > reach
		       ? NULL
		       : heap_entry(node, struct lane, node);
}

/* The first lane has come further. */
static void go_on(struct merge *merge, struct lane *lane)
{
	if (lane->next == lane->strip->count) {
		heap_remove(&merge->heap, &lane->node);
		return;
	}
	heap_move(&merge->heap, &lane->node, lane->strip->ids[lane->next]);
	/* It comes when all others have been read, out of the cache. */
	strip_want(lane->strip, lane->next);
}

/* What came by one lane comes by another too, if that is a pattern's. */
static void pass_given(struct merge *merge, uint64_t cursor)
{
	struct lane *lane;

	while ((lane = first(merge, cursor)) != NULL) {
		lane->next = strip_after(lane->strip, cursor);
		go_on(merge, lane);
	}
}

/* No event of lanes other than the first comes up to there.  Not below the
 * first one's event, whatever a hub has said: it would never be taken. */
static uint64_t quiet_through(
	const struct merge *merge, const struct lane *lane, uint64_t reach)
{
	uint64_t next = heap_second_key(&merge->heap);

	if (next > reach)
		return reach;
	return next > lane->node.key ? next - 1 : next;
}

static bool is_whole(
	const struct lane *lane, const struct subscriber *sub, uint64_t through)
{
	return lane->next == 0 && sub->request == 1 &&
	       strip_last(lane->strip) <= through &&
	       strip_gives_all(lane->strip, sub);
}

/* The end of the lane's next events up to `through` that `sub` is given, as
 * many as there is room for, at least one into an empty text. */
static uint32_t run(const struct merge *merge, const struct lane *lane,
	const struct subscriber *sub, uint64_t through)
{
	const struct strip *strip = lane->strip;
	uint32_t end = lane->next;

	while (end < strip->count && strip->ids[end] <= through &&
		strip_gives(strip, end, sub)) {
		size_t size = strip_size(strip, lane->next, end + 1);
		bool empty = merge->text.len == 0 && end == lane->next;

		if (!empty && merge->text.len + size > RECORD_BODY)
			break;
		end++;
	}
	return end;
}

/* The lane's events up to `through`, as there is room for them; false if there
 * is none for all.  *events: how many more are in the text. */
static bool copy(struct merge *merge, struct lane *lane,
	const struct subscriber *sub, uint64_t through, uint32_t *events)
{
	const struct strip *strip = lane->strip;

	while (lane->next < strip->count && strip->ids[lane->next] <= through) {
		uint32_t end = run(merge, lane, sub, through);

		if (end == lane->next && strip_gives(strip, end, sub))
			return false;
		strip_text(strip, lane->next, end, &merge->text);
		*events += end - lane->next;
		lane->next = end > lane->next ? end : end + 1;
	}
	return true;
}

/* `lane` comes first.  *cursor: how far the batch goes; NULL if `sub` is given
 * none of the events. */
static struct batch *compose(struct merge *merge, struct lane *lane,
	const struct subscriber *sub, uint64_t reach, uint64_t *cursor)
{
	struct batch *batch;
	uint32_t events = 0;
	bool room = true;

	buf_clear(&merge->text);
	do {
		uint32_t before = lane->next;

		room = copy(merge, lane, sub, quiet_through(merge, lane, reach),
			&events);
		if (lane->next > before) {
			*cursor = lane->strip->ids[lane->next - 1];
			go_on(merge, lane);
		}
		pass_given(merge, *cursor);
	} while (room && (lane = first(merge, reach)) != NULL);
	if (room)
		*cursor = reach;
	if (events == 0)
		return NULL;
	batch = batch_new(sub->request, buf_span(&merge->text));
	batch->events = events;
	batch->replay = true;
	return batch;
}

struct batch *merge_next(struct merge *merge, const struct subscriber *sub,
	uint64_t reach, uint64_t *cursor)
{
	struct lane *lane;

	pass_given(merge, *cursor);
	lane = first(merge, reach);
	if (lane == NULL) {
		*cursor = reach;
		return NULL;
	}
	if (!is_whole(lane, sub, quiet_through(merge, lane, reach)))
		return compose(merge, lane, sub, reach, cursor);
	lane->next = lane->strip->count;
	*cursor = quiet_through(merge, lane, reach);
	go_on(merge, lane);
	pass_given(merge, *cursor);
	return batch_hold(lane->strip->batch);
}
