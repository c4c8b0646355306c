#include <config.h>

#include "fcgi/parcel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/channel.h"
#include "fcgi/event.h"
#include "fcgi/record.h"
#include "fcgi/subscriber.h"
#include "fcgi/window.h"

enum {
	KEPT = 16, /* parcels kept for the next subscriber at the same place;
		      a newer one takes the slot of an older one */
};

struct kept {
	struct parcel *parcel;
	uint64_t first; /* position of its first event */
	uint16_t request;
	bool envelope;
};

/* A channel of a subscriber to several, and its next event. */
struct source {
	uint64_t position;
	const struct channel *channel;
	uint32_t index;
};

struct parcels {
	struct window *window;
	struct kept kept[KEPT];
	struct buf text;     /* scratch */
	struct source *heap; /* scratch, by position, smallest first */
	size_t heap_count, heap_size;
};

struct parcel *parcel_new(uint16_t request, struct span text)
{
	size_t records = (text.len + RECORD_BODY - 1) / RECORD_BODY;
	size_t len = text.len + records * RECORD_HEAD;
	struct parcel *parcel = mem_new(sizeof(*parcel) + len);
	struct buf out = {parcel->bytes, 0, len};

	assert(len <= UINT32_MAX);
	record_stdout(&out, request, text);
	assert(out.at == parcel->bytes && out.len == len);
	parcel->len = (uint32_t)len;
	parcel->refs = 1;
	return parcel;
}

struct parcel *parcel_hold(struct parcel *parcel)
{
	parcel->refs++;
	return parcel;
}

void parcel_drop(struct parcel *parcel)
{
	if (parcel != NULL && --parcel->refs == 0)
		free(parcel);
}

struct parcels *parcels_new(struct window *window)
{
	struct parcels *parcels = mem_new(sizeof(*parcels));

	parcels->window = window;
	return parcels;
}

void parcels_clear(struct parcels *parcels)
{
	for (size_t i = 0; i < KEPT; i++) {
		parcel_drop(parcels->kept[i].parcel);
		parcels->kept[i].parcel = NULL;
	}
}

void parcels_free(struct parcels *parcels)
{
	if (parcels == NULL)
		return;
	parcels_clear(parcels);
	buf_release(&parcels->text);
	free(parcels->heap);
	free(parcels);
}

/* Appends the event at `position` unless the subscriber has it; false if the
 * parcel is full without it. */
static bool add(struct parcels *parcels, const struct subscriber *sub,
	uint64_t position)
{
	const struct entry *entry = window_entry(parcels->window, position);
	size_t before = parcels->text.len;

	if (entry->event.id != 0 && entry->event.id <= sub->id)
		return true;
	if (before >= RECORD_BODY)
		return false;
	event_text(&parcels->text, &entry->event, sub->envelope);
	if (before > 0 && parcels->text.len > RECORD_BODY) {
		parcels->text.len = before;
		return false;
	}
	return true;
}

/* What has been composed covers everything up to `through`. */
static struct parcel *finish(
	struct parcels *parcels, const struct subscriber *sub, uint64_t through)
{
	struct parcel *parcel;

	if (parcels->text.len == 0)
		return NULL;
	parcel = parcel_new(sub->request, buf_span(&parcels->text));
	parcel->pos = through;
	parcel->id = window_mark(parcels->window, through);
	return parcel;
}

static struct kept *slot(struct parcels *parcels, uint64_t first)
{
	return &parcels->kept[first % KEPT];
}

static struct parcel *shared(struct parcels *parcels,
	const struct subscriber *sub, uint64_t first, uint64_t horizon)
{
	struct kept *kept = slot(parcels, first);

	if (kept->parcel == NULL || kept->first != first ||
		kept->request != sub->request ||
		kept->envelope != sub->envelope || kept->parcel->pos > horizon)
		return NULL;
	return parcel_hold(kept->parcel);
}

static void keep(struct parcels *parcels, const struct subscriber *sub,
	uint64_t first, struct parcel *parcel)
{
	struct kept *kept = slot(parcels, first);

	parcel_drop(kept->parcel);
	*kept = (struct kept){
		parcel_hold(parcel), first, sub->request, sub->envelope};
}

/* The index of the first event of the channel that the subscriber lacks. */
static uint32_t first_wanted(struct parcels *parcels,
	const struct subscriber *sub, const struct channel *channel)
{
	uint32_t i = channel_after(channel, sub->pos);

	while (i < channel->count) {
		const struct entry *entry =
			window_entry(parcels->window, channel_at(channel, i));

		if (entry->event.id == 0 || entry->event.id > sub->id)
			break;
		i++;
	}
	return i;
}

static struct parcel *from_one(
	struct parcels *parcels, const struct subscriber *sub, uint64_t horizon)
{
	const struct channel *channel = sub->seats[0].channel;
	uint32_t i = first_wanted(parcels, sub, channel);
	uint64_t through = horizon;
	uint64_t first;
	struct parcel *parcel;

	if (i == channel->count || channel_at(channel, i) > horizon)
		return NULL;
	first = channel_at(channel, i);
	parcel = shared(parcels, sub, first, horizon);
	if (parcel != NULL)
		return parcel;
	for (; i < channel->count && channel_at(channel, i) <= horizon; i++) {
		if (!add(parcels, sub, channel_at(channel, i))) {
			through = channel_at(channel, i) - 1;
			break;
		}
	}
	parcel = finish(parcels, sub, through);
	if (parcel != NULL)
		keep(parcels, sub, first, parcel);
	return parcel;
}

/* ---- several channels: merged by position */

static void sift_down(struct parcels *parcels, size_t at)
{
	struct source *heap = parcels->heap;

	for (;;) {
		size_t least = at;
		struct source moved = heap[at];

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < parcels->heap_count &&
				heap[child].position < heap[least].position)
				least = child;
		if (least == at)
			return;
		heap[at] = heap[least];
		heap[least] = moved;
		at = least;
	}
}

static void gather(struct parcels *parcels, const struct subscriber *sub)
{
	if (parcels->heap_size < sub->count) {
		parcels->heap_size = sub->count;
		parcels->heap = mem_resize(parcels->heap,
			parcels->heap_size * sizeof(*parcels->heap));
	}
	parcels->heap_count = 0;
	for (uint16_t i = 0; i < sub->count; i++) {
		const struct channel *channel = sub->seats[i].channel;
		uint32_t index = channel_after(channel, sub->pos);

		if (index < channel->count)
			parcels->heap[parcels->heap_count++] = (struct source){
				channel_at(channel, index), channel, index};
	}
	for (size_t i = parcels->heap_count / 2; i-- > 0;)
		sift_down(parcels, i);
}

/* Moves the first source on to its next event. */
static void advance(struct parcels *parcels)
{
	struct source *top = &parcels->heap[0];

	if (++top->index < top->channel->count)
		top->position = channel_at(top->channel, top->index);
	else
		*top = parcels->heap[--parcels->heap_count];
	sift_down(parcels, 0);
}

static struct parcel *from_many(
	struct parcels *parcels, const struct subscriber *sub, uint64_t horizon)
{
	uint64_t through = horizon;

	gather(parcels, sub);
	while (parcels->heap_count > 0 &&
		parcels->heap[0].position <= horizon) {
		if (!add(parcels, sub, parcels->heap[0].position)) {
			through = parcels->heap[0].position - 1;
			break;
		}
		advance(parcels);
	}
	return finish(parcels, sub, through);
}

struct parcel *parcels_next(
	struct parcels *parcels, const struct subscriber *sub, uint64_t horizon)
{
	buf_clear(&parcels->text);
	if (sub->pos >= horizon)
		return NULL;
	return sub->count == 1 ? from_one(parcels, sub, horizon)
			       : from_many(parcels, sub, horizon);
}
