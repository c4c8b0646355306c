#include <config.h>

#include "fcgi/parcels.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/channel.h"
#include "fcgi/event.h"
#include "fcgi/parcel.h"
#include "fcgi/record.h"
#include "fcgi/subscriber.h"
#include "fcgi/window.h"
#include "lib/heap.h"

enum {
	KEPT = 16, /* a newer parcel takes the slot of an older one */
	TEXT_KEPT = 256 << 10, /* bytes of scratch that outlive a large event */
};

/* A parcel and for whom it is right: who lacks the event at `first` and what
 * follows, on exactly these channels. */
struct kept {
	struct parcel *parcel;
	uint64_t first;
	uint16_t request;
	uint16_t count;
	bool envelope;
	const struct channel **channels; /* sorted as in the seats */
};

/* A channel of the subscriber, and its next event. */
struct source {
	struct heap_node node; /* by its position */
	const struct channel *channel;
	uint32_t index;
};

struct parcels {
	struct window *window;
	struct kept kept[KEPT];
	bool any;		/* something is kept */
	struct buf text;	/* scratch */
	uint32_t events;	/* stored ones in it */
	struct source *sources; /* scratch */
	size_t room;
	struct heap heap; /* of sources, by position */
};

struct parcels *parcels_new(struct window *window)
{
	struct parcels *parcels = mem_new(sizeof(*parcels));

	parcels->window = window;
	return parcels;
}

static void forget(struct kept *kept)
{
	parcel_drop(kept->parcel);
	free(kept->channels);
	*kept = (struct kept){0};
}

void parcels_clear(struct parcels *parcels)
{
	if (!parcels->any)
		return;
	for (size_t i = 0; i < KEPT; i++)
		forget(&parcels->kept[i]);
	parcels->any = false;
	if (parcels->text.size > TEXT_KEPT)
		buf_release(&parcels->text);
}

void parcels_free(struct parcels *parcels)
{
	if (parcels == NULL)
		return;
	parcels_clear(parcels);
	buf_release(&parcels->text);
	free(parcels->sources);
	heap_release(&parcels->heap);
	free(parcels);
}

/* ---- sharing */

static bool same_channels(const struct kept *kept, const struct subscriber *sub)
{
	if (kept->count != sub->count)
		return false;
	for (uint16_t i = 0; i < sub->count; i++)
		if (kept->channels[i] != sub->seats[i].channel)
			return false;
	return true;
}

static struct kept *slot(struct parcels *parcels, uint64_t first)
{
	return &parcels->kept[first % KEPT];
}

static struct parcel *shared(struct parcels *parcels,
	const struct subscriber *sub, uint64_t first, uint64_t horizon)
{
	const struct kept *kept = slot(parcels, first);

	if (kept->parcel == NULL || kept->first != first ||
		kept->request != sub->request ||
		kept->envelope != sub->envelope ||
		kept->parcel->pos > horizon || !same_channels(kept, sub))
		return NULL;
	return parcel_hold(kept->parcel);
}

static void keep(struct parcels *parcels, const struct subscriber *sub,
	uint64_t first, struct parcel *parcel)
{
	struct kept *kept = slot(parcels, first);

	forget(kept);
	*kept = (struct kept){.parcel = parcel_hold(parcel),
		.first = first,
		.request = sub->request,
		.count = sub->count,
		.envelope = sub->envelope,
		.channels = mem_new(sub->count * sizeof(*kept->channels))};
	for (uint16_t i = 0; i < sub->count; i++)
		kept->channels[i] = sub->seats[i].channel;
	parcels->any = true;
}

/* ---- the channels, merged by position */

static void gather(struct parcels *parcels, const struct subscriber *sub)
{
	heap_clear(&parcels->heap);
	if (parcels->room < sub->count) {
		parcels->room = sub->count;
		parcels->sources = mem_resize(parcels->sources,
			parcels->room * sizeof(*parcels->sources));
	}
	for (uint16_t i = 0; i < sub->count; i++) {
		const struct channel *channel = sub->seats[i].channel;
		uint32_t index = channel_after(channel, sub->pos);
		struct source *source = &parcels->sources[i];

		if (index == channel->count)
			continue;
		*source = (struct source){.channel = channel, .index = index};
		heap_add(&parcels->heap, &source->node,
			channel_at(channel, index));
	}
}

/* Whose next event comes first, if it is not beyond the horizon; or NULL. */
static struct source *first_source(
	const struct parcels *parcels, uint64_t horizon)
{
	struct heap_node *node = heap_first(&parcels->heap);

	if (node == NULL || node->key > horizon)
		return NULL;
	return heap_entry(node, struct source, node);
}

/* Moves the source on to its next event. */
static void advance(struct parcels *parcels, struct source *source)
{
	const struct channel *channel = source->channel;

	if (++source->index < channel->count)
		heap_move(&parcels->heap, &source->node,
			channel_at(channel, source->index));
	else
		heap_remove(&parcels->heap, &source->node);
}

/* ---- composing */

static bool has(const struct parcels *parcels, const struct subscriber *sub,
	uint64_t position)
{
	const struct entry *entry = window_entry(parcels->window, position);

	return entry->event.id != 0 && entry->event.id <= sub->id;
}

/* Appends the event at `position` unless the subscriber has it; false if the
 * parcel is full without it. */
static bool add(struct parcels *parcels, const struct subscriber *sub,
	uint64_t position)
{
	size_t before = parcels->text.len;

	if (has(parcels, sub, position))
		return true;
	if (before >= RECORD_BODY)
		return false;
	event_text(&parcels->text,
		&window_entry(parcels->window, position)->event, sub->envelope);
	if (before > 0 && parcels->text.len > RECORD_BODY) {
		parcels->text.len = before;
		return false;
	}
	parcels->events +=
		window_entry(parcels->window, position)->event.id != 0;
	return true;
}

/* The position of the next event that it lacks, 0 if there is none. */
static uint64_t find_first(
	struct parcels *parcels, const struct subscriber *sub, uint64_t horizon)
{
	struct source *source;

	gather(parcels, sub);
	while ((source = first_source(parcels, horizon)) != NULL) {
		if (!has(parcels, sub, source->node.key))
			return source->node.key;
		advance(parcels, source);
	}
	return 0;
}

/* The sources are at the first event that it lacks. */
static struct parcel *compose(
	struct parcels *parcels, const struct subscriber *sub, uint64_t horizon)
{
	uint64_t through = horizon;
	struct parcel *parcel;
	struct source *source;

	buf_clear(&parcels->text);
	parcels->events = 0;
	while ((source = first_source(parcels, horizon)) != NULL) {
		if (!add(parcels, sub, source->node.key)) {
			through = source->node.key - 1;
			break;
		}
		advance(parcels, source);
	}
	parcel = parcel_new(sub->request, buf_span(&parcels->text));
	parcel->events = parcels->events;
	parcel->pos = through;
	parcel->id = window_mark(parcels->window, through);
	return parcel;
}

struct parcel *parcels_next(
	struct parcels *parcels, const struct subscriber *sub, uint64_t horizon)
{
	struct parcel *parcel;
	uint64_t first;

	if (sub->pos >= horizon)
		return NULL;
	first = find_first(parcels, sub, horizon);
	if (first == 0)
		return NULL;
	parcel = shared(parcels, sub, first, horizon);
	if (parcel == NULL) {
		parcel = compose(parcels, sub, horizon);
		keep(parcels, sub, first, parcel);
	}
	return parcel;
}
