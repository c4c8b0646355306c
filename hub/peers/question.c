/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/question.h"

#include "hub/peers/looks.h"
#include "lib/event/selector.h"

/* ---- a label */

/* Of an event that is no row any more nobody knows for whom it was. */
static bool sees(
	const struct question *question, struct eventlog *log, uint64_t id)
{
	const struct channel *channel;
	struct wire_event event;
	bool found;

	if (question->sight.all)
		return true;
	eventlog_read(log, id - 1, id);
	found = eventlog_next(log, id - 1, &event) == EVENTLOG_EVENT;
	channel = found ? channel_find(log->channels, event.channel) : NULL;
	found = channel != NULL &&
		sight_has(&log->channels->sights, &question->sight, channel,
			event.traits);
	eventlog_rest(log);
	return found;
}

/* The label of an event that who asks may not read is not known to him: it may
 * be somebody's order. */
void question_find_label(struct question *question, struct eventlog *log)
{
	if (question->from != WIRE_LABEL)
		return;
	question->from =
		labels_find(&log->labels, question->label, &question->value) &&
				sees(question, log, question->value)
			? WIRE_AFTER
			: WIRE_UNKNOWN;
}

/* ---- the channels */

/* Notes the channel at `place`, if it has a row.  The mark is what who asks
 * sees. */
static struct mark find_channel(struct question *question,
	const struct looks *looks, struct channels *channels, uint16_t place,
	struct span name)
{
	struct channel *channel = channel_find(channels, name);

	if (channel == NULL) {
		struct looked_marks marks =
			looks_of_gone(looks, question, place, channels, name);

		question->marks[place] = marks.all.through;
		return marks.seen;
	}
	question->places[question->channel_count] = place;
	question->channels[question->channel_count++] = channel;
	question->marks[place] = sight_mark(
		&(struct sight){.all = question_reads_all(question)}, channel)
					 .through;
	return sight_mark(&question->sight, channel);
}

/* Finds the channels, and marks of all names. */
static void find_all(struct question *question, const struct looks *looks,
	struct eventlog *log)
{
	struct mark highest = {0};
	struct wire_in names = question->names;

	question->channel_count = 0;
	question->pattern_count = 0;
	for (uint16_t i = 0; i < question->name_count; i++) {
		struct asked asked = question_next(&names);
		struct mark mark;

		if (asked.kind == SELECTOR_EXACT) {
			mark = find_channel(
				question, looks, log->channels, i, asked.text);
		} else {
			/* If more was pruned since, a page will say it. */
			question->pattern_count++;
			mark = (struct mark){looks->looked[i].seen, looks->at};
			question->marks[i] = looks->looked[i].through;
		}
		question->seen[i] = mark.through;
		mark_raise(&highest, &mark);
	}
	question->pruned_through = highest.through;
	question->pruned_at = highest.at;
}

/* What who asks knows, in the order of the names. */
struct known {
	struct wire_in in;
	uint16_t left, place; /* UINT16_MAX = no more */
	uint64_t mark;
};

static void know_next(struct known *known)
{
	known->place = UINT16_MAX;
	if (known->left == 0)
		return;
	known->left--;
	known->place = wire_get_u16(&known->in);
	known->mark = wire_get_u64(&known->in);
}

/* Names are asked for in their order. */
static bool knows(struct known *known, const struct eventlog *log,
	uint16_t place, uint64_t mark)
{
	bool is;

	if (place != known->place)
		return false;
	is = mark <= known->mark && eventlog_knows(log, known->mark);
	know_next(known);
	return is;
}

void question_resolve(struct question *question, const struct looks *looks,
	struct eventlog *log)
{
	struct known known = {question->told, question->told_count, 0, 0};

	find_all(question, looks, log);
	question->untold = 0;
	know_next(&known);
	for (uint16_t i = 0; i < question->name_count; i++) {
		uint64_t mark = question->seen[i];

		if (!knows(&known, log, i, mark) && mark > question->untold)
			question->untold = mark;
	}
}
