/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/resume.h"

#include <string.h>

#include "lib/text.h"

static bool in_order(struct span before, struct span after)
{
	size_t len = before.len < after.len ? before.len : after.len;
	int order = memcmp(before.at, after.at, len);

	return order < 0 || (order == 0 && before.len < after.len);
}

static bool are_in_order(struct wire_in names, uint16_t count)
{
	struct span before = {0};

	for (uint16_t i = 0; i < count; i++) {
		struct span name = wire_get_str16(&names);

		if (text_channel_fault(name) != NULL ||
			(i > 0 && !in_order(before, name)))
			return false;
		before = name;
	}
	return wire_done(&names);
}

bool question_read_again(struct question *question, struct wire_in *in)
{
	question->tag = wire_get_u64(in);
	question->from = wire_get_u8(in);
	question->value = wire_get_u64(in);
	question->told = wire_get_u64(in);
	question->upto = wire_get_u64(in);
	question->label = wire_get_str16(in);
	question->name_count = wire_get_u16(in);
	question->names = *in;
	return !in->failed && question->from <= WIRE_LABEL &&
	       question->name_count > 0 &&
	       question->name_count <= QUESTION_CHANNELS_MAX;
}

bool question_read(struct question *question, struct wire_in *in)
{
	return question_read_again(question, in) &&
	       are_in_order(question->names, question->name_count);
}

void question_find_label(struct question *question, struct eventlog *log)
{
	if (question->from != WIRE_LABEL)
		return;
	question->from = labels_find(&log->labels, question->label,
				 &question->value)
				 ? WIRE_AFTER
				 : WIRE_UNKNOWN;
}

/* Who has come that far missed nothing of any channel that is gone. */
static bool is_past_the_gone(
	const struct question *question, const struct channels *channels)
{
	return question->from == WIRE_AFTER &&
	       question->value >= channels->gone.newest;
}

/* Of a name without a row. */
static struct mark mark_of(const struct question *question,
	struct channels *channels, struct span name)
{
	if (is_past_the_gone(question, channels))
		return (struct mark){channels->floor, channels->floor_at};
	return channels_mark(channels, name);
}

void question_resolve(struct question *question, struct channels *channels)
{
	struct wire_in names = question->names;

	question->channel_count = 0;
	question->pruned_through = question->pruned_at = 0;
	for (uint16_t i = 0; i < question->name_count; i++) {
		struct span name = wire_get_str16(&names);
		struct channel *channel = channel_find(channels, name);
		struct mark mark;

		if (channel != NULL) {
			question->places[question->channel_count] = i;
			question->channels[question->channel_count++] = channel;
			mark.through = channel->pruned_through;
			mark.at = channel->pruned_at;
		} else {
			mark = mark_of(question, channels, name);
		}
		if (mark.through > question->pruned_through)
			question->pruned_through = mark.through;
		if (mark.at > question->pruned_at)
			question->pruned_at = mark.at;
	}
}

/* The channel's first event above `after`, 0 if none.  Most answer from memory;
 * of a long list of the others only some are looked up, and for the rest it is
 * the least that it can be. */
static uint64_t next_on(struct eventlog *log, struct channel *channel,
	uint64_t after, unsigned *looks)
{
	uint64_t oldest = channel_oldest(log->channels, channel);
	struct wire_event event;

	if (channel->newest <= after)
		return 0;
	if (oldest > after)
		return oldest;
	if (++*looks > JUDGE_LOOKS)
		return after + 1;
	eventlog_walk(log, channel, after);
	return eventlog_step(log, channel, UINT64_MAX, &event) == EVENTLOG_EVENT
		       ? event.id
		       : 0;
}

/* The first event on its channels above `after`, 0 if none; with very many of
 * them perhaps only an id that none is below. */
static uint64_t first_above(
	const struct question *question, struct eventlog *log, uint64_t after)
{
	struct channel *of = NULL;
	struct wire_event event;
	unsigned looks = 0;
	uint64_t first = 0;

	for (size_t i = 0; i < question->channel_count; i++) {
		struct channel *channel = question->channels[i];
		uint64_t id = next_on(log, channel, after, &looks);

		if (id != 0 && (first == 0 || id < first)) {
			first = id;
			of = channel;
		}
	}
	/* If it is lost, that is found out now. */
	if (of != NULL && looks <= JUDGE_LOOKS) {
		eventlog_walk(log, of, first - 1);
		(void)eventlog_step(log, of, UINT64_MAX, &event);
	}
	eventlog_rest(log);
	return first;
}

static void note_held(const struct question *question, struct eventlog *log,
	struct verdict *verdict)
{
	for (size_t i = 0; i < question->channel_count; i++) {
		struct channel *channel = question->channels[i];
		uint64_t oldest = channel_oldest(log->channels, channel);

		if (channel->events == 0)
			continue;
		if (verdict->oldest == 0 || oldest < verdict->oldest)
			verdict->oldest = oldest;
		if (channel->newest > verdict->newest)
			verdict->newest = channel->newest;
	}
}

/* A mark of another history says nothing of this one. */
static uint64_t told_of(
	const struct question *question, const struct eventlog *log)
{
	if (question->told > log->committed ||
		epochs_find(&log->epochs, question->told) != NULL)
		return 0;
	return question->told;
}

/* From which cursor to look for the oldest event that is still held. */
static uint64_t judge_cursor(
	const struct question *question, const struct eventlog *log, bool *gap)
{
	const struct epoch *epoch = epochs_find(&log->epochs, question->value);

	*gap = true;
	if (question->value > log->committed)
		return 0;
	if (epoch != NULL)
		return epoch->last;
	*gap = question->value < question->pruned_through &&
	       told_of(question, log) < question->pruned_through;
	return question->value;
}

struct verdict question_judge(
	const struct question *question, struct eventlog *log, uint64_t sent)
{
	struct verdict verdict = {0};
	uint64_t cursor = 0, first = 0;
	bool search = true; /* begin just below the oldest event held */

	switch (question->from) {
	case WIRE_AFTER:
		cursor = judge_cursor(question, log, &verdict.gap);
		search = verdict.gap;
		break;
	case WIRE_SINCE:
		cursor = eventlog_since(log, question->value) - 1;
		verdict.gap = question->pruned_through > 0 &&
			      question->pruned_at >= question->value;
		break;
	case WIRE_ALL:
		break;
	case WIRE_UNKNOWN:
	case WIRE_LABEL: /* question_find_label() leaves none */
		verdict.gap = true;
		break;
	}
	verdict.used = cursor;
	if (search) {
		first = first_above(question, log, cursor);
		verdict.used = first != 0 ? first - 1 : sent;
	}
	if (search && first == 0 && verdict.used < question->pruned_through)
		verdict.used = question->pruned_through;
	verdict.limit = question->upto < sent ? question->upto : sent;
	if (verdict.gap)
		note_held(question, log, &verdict);
	return verdict;
}

void question_put_busy(
	const struct question *question, uint64_t used, struct buf *out)
{
	size_t counted = out->len, end;
	uint16_t count = 0;

	wire_put_u16(out, 0); /* once known */
	for (size_t i = 0; i < question->channel_count; i++) {
		if (question->channels[i]->newest <= used)
			continue;
		wire_put_u16(out, question->places[i]);
		count++;
	}
	end = out->len;
	out->len = counted;
	wire_put_u16(out, count);
	out->len = end;
}
