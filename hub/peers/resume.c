/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/resume.h"

/* Of a channel of which who asks does not see everything, likewise, or the
 * least that it can be: the ids of what he does not see tell him nothing. */
static uint64_t next_seen(const struct question *question, struct eventlog *log,
	struct channel *channel, uint64_t after)
{
	const struct sight *sight = &question->sight;
	uint64_t pruned = sight_mark(sight, channel).through;
	uint64_t oldest = 0;

	if (sight_of(sight, channel) == SEEN_NOTHING)
		return 0;
	if (sight->scope == NULL) {
		if (channel->shown->events == 0 ||
			channel->shown->newest <= after)
			return 0;
		oldest = shown_oldest(log->channels, channel);
	}
	if (oldest > after)
		return oldest;
	return (pruned > after ? pruned : after) + 1;
}

/* The channel's first event above `after`, 0 if none.  Most answer from memory;
 * of a long list of the others only some are looked up, and for the rest it is
 * the least that it can be. */
static uint64_t next_on(const struct question *question, struct eventlog *log,
	struct channel *channel, uint64_t after, unsigned *looks)
{
	uint64_t oldest = channel_oldest(log->channels, channel);
	struct wire_event event;

	if (sight_of(&question->sight, channel) != SEEN_WHOLE)
		return next_seen(question, log, channel, after);
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

/* The first event of all above `after`, 0 if none: none of a pattern's is below
 * it. */
static uint64_t first_of_all(struct eventlog *log, uint64_t after)
{
	uint64_t id = after + 1, at;

	return eventlog_time(log, &id, &at) ? id : 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
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
		uint64_t id = next_on(question, log, channel, after, &looks);

		if (id != 0 && (first == 0 || id < first)) {
			first = id;
			of = sight_of(&question->sight, channel) == SEEN_WHOLE
				     ? channel
				     : NULL;
		}
	}
	if (question->pattern_count > 0)
		first = earlier(first, first_of_all(log, after));
	/* If it is lost, that is found out now. */
	if (of != NULL && first > 0 && looks <= JUDGE_LOOKS) {
		eventlog_walk(log, of, first - 1);
		(void)eventlog_step(log, of, UINT64_MAX, &event);
	}
	eventlog_rest(log);
	return first;
}

/* What who asks sees that the channel holds; false if that is nothing. */
static bool find_held(const struct sight *sight, struct channels *channels,
	struct channel *channel, uint64_t *oldest, uint64_t *newest)
{
	switch (sight_of(sight, channel)) {
	case SEEN_WHOLE:
		*oldest = channel_oldest(channels, channel);
		*newest = channel->newest;
		return channel->events > 0;
	case SEEN_PUBLIC:
		*oldest = shown_oldest(channels, channel);
		*newest = channel->shown->newest;
		return channel->shown->events > 0;
	case SEEN_NOTHING:
		break;
	}
	return false;
}

static void note_held(const struct question *question, struct eventlog *log,
	struct verdict *verdict)
{
	for (size_t i = 0; i < question->channel_count; i++) {
		uint64_t oldest, newest;

		if (!find_held(&question->sight, log->channels,
			    question->channels[i], &oldest, &newest))
			continue;
		verdict->oldest = earlier(verdict->oldest, oldest);
		if (newest > verdict->newest)
			verdict->newest = newest;
	}
	if (question->pattern_count > 0) {
		verdict->oldest =
			earlier(verdict->oldest, first_of_all(log, 0));
		verdict->newest = log->newest_event;
	}
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
	*gap = question->value < question->untold;
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
