/* SPDX-License-Identifier: MIT */
/*
 * erase_find - what there is to delete, or was (erase.h)
 */
#include "config.h"

#include "hub/log/erase.h"
#include "hub/log/origin.h"
#include "lib/event/traits.h"

bool erasures_find_done(struct erasures *erasures, uint64_t source,
	uint64_t number, uint64_t *id)
{
	struct eventlog *log = erasures->log;
	const struct channel *channel =
		channel_find(log->channels, span_of(ERASURE_CHANNEL));
	struct query *told = &erasures->told;
	struct origin origin;
	bool found = false;

	if (channel == NULL)
		return false;
	query_bind_int(told, 1, channel->number);
	while (!found && store_step(log->store, told)) {
		*id = query_int(told, 0);
		found = origin_find(query_bytes(told, 1), &origin) &&
			origin.source == source && origin.number == number;
	}
	store_end(told);
	return found;
}

/* Is that row one of the publish that is shown as `id`?  Then that is found. */
static bool look_at(struct erasures *erasures, uint64_t at, uint64_t id,
	struct buf *texts, struct erasable *found)
{
	struct eventlog *log = erasures->log;
	struct trait_topics topics = {.count = 1};
	struct eventlog_row row;
	struct wire_event event;
	bool is = eventlog_look(log, at, &event, &row) && row.sound &&
		  !row.channel->internal && at > row.channel->erased &&
		  at + traits_rise(event.traits) == id;

	if (is) {
		trait_topics(event.traits, &topics);
		found->erasure = (struct erasure){
			.first = id - topics.count + 1, .last = id};
		buf_clear(texts);
		buf_add_span(texts, event.channel);
		buf_add_span(texts, event.traits);
		found->channel = span(texts->at, event.channel.len);
		found->traits =
			span(texts->at + event.channel.len, event.traits.len);
	}
	eventlog_rest(log);
	return is;
}

/* Others of its rows may be held longer than the last. */
bool erasures_find(struct erasures *erasures, uint64_t id, struct buf *texts,
	struct erasable *found)
{
	uint64_t at = id < TRAIT_TOPICS_MAX ? 0 : id - TRAIT_TOPICS_MAX;

	if (look_at(erasures, id, id, texts, found))
		return true;
	while ((at = erasures_ask(erasures, &erasures->above, at, id)) != 0)
		if (look_at(erasures, at, id, texts, found))
			return true;
	return false;
}
