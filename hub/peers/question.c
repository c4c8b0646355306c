/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/question.h"

#include <stdlib.h>

#include "lib/event/selector.h"

/* ---- what is looked up */

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

/* Who has come that far missed nothing of any channel that is gone. */
static bool is_past_the_gone(
	const struct question *question, const struct channels *channels)
{
	return question->from == WIRE_AFTER &&
	       question->value >= channels->gone.newest;
}

/* It may begin at the oldest event held, or tell of it. */
static bool may_want_oldest(
	const struct question *question, const struct eventlog *log)
{
	return question->from != WIRE_AFTER ||
	       question->value > log->committed ||
	       question->value < log->channels->sums.pruned_through ||
	       epochs_find(&log->epochs, question->value) != NULL;
}

/* Are its pages of all that there is, or of what is public? */
static bool reads_all(const struct question *question)
{
	return question->sight.all || question->sight.scope != NULL;
}

/* May something private of that name have been for him? */
static bool may_know(const struct question *question,
	const struct channels *channels, struct span name)
{
	const struct scope *scope = question->sight.scope;

	return scope != NULL &&
	       (!privacy_hides_channel(&channels->sights.privacy, name) ||
		       scope_has(scope, name));
}

/* Of a name without a row: what its pages say, and what who asks sees. */
struct gone_marks {
	struct mark all, seen;
};

static struct gone_marks marks_of_gone(const struct question *question,
	struct channels *channels, struct span name)
{
	struct gone_marks marks;

	marks.all = channels_mark(channels, name, reads_all(question));
	marks.seen = marks.all;
	if (reads_all(question) && !may_know(question, channels, name))
		marks.seen = channels_mark(channels, name, false);
	return marks;
}

/* Nothing, if it is known not to matter. */
static void look_at_gone(const struct question *question, struct looks *looks,
	struct channels *channels, struct span name)
{
	struct looked *looked = &looks->looked[looks->names];
	struct gone_marks marks = {0};

	if (!is_past_the_gone(question, channels))
		marks = marks_of_gone(question, channels, name);
	looked->through = marks.all.through;
	looked->seen = marks.seen.through;
	if (marks.seen.at > looks->at)
		looks->at = marks.seen.at;
}

static void look_at_channel(const struct question *question,
	struct looks *looks, struct eventlog *log, struct span name)
{
	struct channel *channel = channel_find(log->channels, name);

	if (channel != NULL && may_want_oldest(question, log))
		channel_oldest(log->channels, channel);
	if (channel != NULL && channel->shown != NULL &&
		may_want_oldest(question, log))
		shown_oldest(log->channels, channel);
	if (channel == NULL)
		look_at_gone(question, looks, log->channels, name);
	else
		looks->looked[looks->names] =
			(struct looked){LOOKS_ROW, LOOKS_ROW};
}

/* A mark of another history says nothing of this one. */
static bool is_of_this_log(const struct eventlog *log, uint64_t mark)
{
	return mark <= log->committed &&
	       epochs_find(&log->epochs, mark) == NULL;
}

static uint64_t after_of(
	const struct question *question, const struct eventlog *log)
{
	return question->from == WIRE_AFTER &&
			       is_of_this_log(log, question->value)
		       ? question->value
		       : 0;
}

/* False if there are more channels to look at. */
static bool look_for_pattern(const struct question *question,
	struct eventlog *log, const struct sight *sight, struct span text,
	uint64_t end, struct mark *mark)
{
	struct match *match = match_get(&log->matches, sight, text);
	uint64_t after = after_of(question, log);

	if (!match_look(match, log->channels, after, end))
		return false;
	*mark = match_mark(match, log->channels, after);
	return true;
}

/* Likewise.  A page of it that is for the public has the public's mark. */
static bool look_at_pattern(const struct question *question,
	struct looks *looks, struct eventlog *log, struct span text,
	uint64_t end)
{
	static const struct sight all = {.all = true};
	const struct sight *sight = &question->sight;
	struct looked *looked = &looks->looked[looks->names];
	struct mark seen, mark;

	if (!look_for_pattern(question, log, sight, text, end, &seen))
		return false;
	mark = seen;
	if (!sight->all && sight->scope != NULL &&
		!look_for_pattern(question, log, &all, text, end, &mark))
		return false;
	looked->through = mark.through;
	looked->seen = seen.through;
	if (seen.at > looks->at)
		looks->at = seen.at;
	return true;
}

bool question_look(const struct question *question, struct looks *looks,
	struct eventlog *log, uint64_t end)
{
	struct wire_in names = question->names;

	if (looks->looked == NULL)
		looks->looked =
			mem_new(question->name_count * sizeof(*looks->looked));
	for (uint16_t i = 0; i < looks->names; i++)
		question_next(&names);
	while (looks->names < question->name_count) {
		struct asked asked = question_next(&names);

		if (asked.kind == SELECTOR_EXACT)
			look_at_channel(question, looks, log, asked.text);
		else if (!look_at_pattern(
				 question, looks, log, asked.text, end))
			return false;
		looks->names++;
		if (clock_now_us(log->clock) >= end)
			break;
	}
	return looks->names == question->name_count;
}

void looks_release(struct looks *looks)
{
	free(looks->looked);
	*looks = (struct looks){0};
}

/* Of a name without a row.  If it had one, that was dropped since. */
static struct gone_marks looked_up(const struct question *question,
	const struct looks *looks, uint16_t place, struct channels *channels,
	struct span name)
{
	const struct looked *looked = &looks->looked[place];
	const struct mark floor = {channels->floor, channels->floor_at};
	struct gone_marks marks = {floor, floor};

	if (looked->through == LOOKS_ROW)
		return marks_of_gone(question, channels, name);
	mark_raise(&marks.all, &(struct mark){looked->through, looks->at});
	mark_raise(&marks.seen, &(struct mark){looked->seen, looks->at});
	return marks;
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
		struct gone_marks marks =
			looked_up(question, looks, place, channels, name);

		question->marks[place] = marks.all.through;
		return marks.seen;
	}
	question->places[question->channel_count] = place;
	question->channels[question->channel_count++] = channel;
	question->marks[place] =
		sight_mark(&(struct sight){.all = reads_all(question)}, channel)
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
	is = mark <= known->mark && is_of_this_log(log, known->mark);
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
