/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/together/wording.h"

#include <string.h>

#include "lib/event/traits.h"

static uint32_t rows_of(const struct proposal *proposal)
{
	struct trait_topics topics;

	return trait_topics(proposal->traits, &topics) ? topics.count : 1;
}

struct shared_proposal wording_of_proposal(const struct proposal *proposal,
	const struct origin *origin, struct shared_item *items)
{
	struct shared_proposal to = {
		.channel = proposal->channel,
		.type = proposal->type,
		.traits = proposal->traits,
		.items = items,
		.count = proposal->count,
		.rows = rows_of(proposal),
		.brief = proposal->brief,
		.source = origin->source,
		.number = origin->number,
		.once = proposal->once,
	};

	for (uint32_t i = 0; i < proposal->count; i++)
		items[i] = (struct shared_item){proposal->items[i].key,
			proposal->items[i].digest, proposal->items[i].data};
	memcpy(to.origin, origin->hub, ORIGIN_HUB);
	if (proposal->cursor.name.len == 0)
		return to;
	to.cursor.name = proposal->cursor.name;
	to.cursor.from = proposal->cursor.from;
	to.cursor.to = proposal->cursor.to;
	memcpy(to.cursor.identity, proposal->cursor.identity, SHARED_ID);
	return to;
}

struct entry wording_of_entry(
	const struct shared_entry *entry, struct proposed *items)
{
	const struct shared_proposal *from = &entry->what;
	struct entry to = {
		.id = entry->id,
		.at = entry->at,
		.rows = entry->rows,
		.what = {.channel = from->channel,
			.type = from->type,
			.traits = from->traits,
			.items = items,
			.count = from->count},
		.origin = {.source = from->source,
			.number = from->number,
			.has_row = from->cursor.name.len > 0,
			.row = from->cursor.to},
		.orphan = from->orphan,
	};

	for (uint32_t i = 0; i < from->count; i++)
		items[i] = (struct proposed){
			.key = from->items[i].key,
			.digest = from->items[i].digest,
			.data = from->items[i].data,
		};
	memcpy(to.origin.hub, from->origin, ORIGIN_HUB);
	if (to.origin.has_row)
		memcpy(to.origin.inbox, from->cursor.identity, ORIGIN_INBOX);
	return to;
}
