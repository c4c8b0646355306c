/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/straggler.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/http/record.h"
#include "fcgi/replay/shelf.h"
#include "fcgi/replay/strip.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/told.h"
#include "fcgi/stream/topic.h"
#include "fcgi/uplink/questions.h"
#include "lib/buf.h"

enum {
	MANY = 128,	      /* busy channels; who has more reads ... */
	SHORT_STRIP = 4 << 10 /* ... short strips: 4 MiB for a thousand */
};

struct straggler *straggler_new(struct subscriber *sub)
{
	struct straggler *straggler = mem_new(sizeof(*straggler));

	straggler->sub = sub;
	fair_place_init(&straggler->place);
	list_init(&straggler->wait);
	list_init(&straggler->fellow);
	list_init(&straggler->full);
	return straggler;
}

void straggler_free(struct straggler *straggler)
{
	assert(straggler->lanes == NULL);
	fair_queue_remove(&straggler->place);
	list_remove(&straggler->wait);
	list_remove(&straggler->fellow);
	list_remove(&straggler->full);
	free(straggler->busy);
	free(straggler);
}

bool straggler_is_idle(const struct straggler *straggler)
{
	return straggler->place.client == NULL && straggler->lanes == NULL &&
	       !list_linked(&straggler->wait);
}

void straggler_judge(struct straggler *straggler, const struct judged *judged)
{
	size_t size = judged->count * sizeof(*straggler->busy);

	straggler->judged = true;
	straggler->limit = judged->limit;
	straggler->busy = mem_resize(straggler->busy, size + 1);
	straggler->count = 0;
	while (straggler->count < judged->count &&
		judged->busy[straggler->count] < straggler->sub->count) {
		straggler->busy[straggler->count] =
			judged->busy[straggler->count];
		straggler->count++;
	}
}

unsigned straggler_kind(const struct straggler *straggler)
{
	unsigned kind = straggler->sub->dress;

	return straggler->count > MANY ? kind | SHELF_SHORT : kind;
}

uint32_t straggler_bytes(const struct straggler *straggler)
{
	return straggler->count > MANY ? SHORT_STRIP : RECORD_BODY;
}

struct span straggler_channel(const struct lane *lane)
{
	return topic_key(lane->of->sub->memberships[lane->place].topic);
}

void straggler_open(struct straggler *straggler)
{
	assert(straggler->lanes == NULL);
	straggler->lanes =
		mem_new((straggler->count + 1u) * sizeof(struct lane));
	for (uint16_t i = 0; i < straggler->count; i++) {
		struct lane *lane = &straggler->lanes[i];

		list_init(&lane->wait);
		lane->of = straggler;
		lane->place = straggler->busy[i];
	}
	straggler->found = straggler->missing = 0;
}

void straggler_close(struct straggler *straggler, struct shelf *shelf)
{
	if (straggler->lanes == NULL)
		return;
	for (uint16_t i = 0; i < straggler->count; i++) {
		struct lane *lane = &straggler->lanes[i];

		list_remove(&lane->wait);
		if (lane->strip != NULL)
			shelf_let_go(shelf, lane->strip);
	}
	free(straggler->lanes);
	straggler->lanes = NULL;
}

bool straggler_trusts(const struct lane *lane)
{
	const struct subscriber *sub = lane->of->sub;
	uint64_t mark = lane->strip->mark;

	return mark <= sub->id || mark <= told_through(sub->told, lane->place);
}

uint64_t straggler_reach(const struct straggler *straggler)
{
	uint64_t reach = straggler->limit;

	for (uint16_t i = 0; i < straggler->count; i++)
		if (straggler->lanes[i].strip->through < reach)
			reach = straggler->lanes[i].strip->through;
	return reach;
}
