/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/looks.h"

#include <stdlib.h>

#include "lib/event/selector.h"

/* ---- one after the other */

/* Who has come that far missed nothing of any channel that is gone. */
static bool is_past_the_gone(
	const struct question *question, const struct channels *channels)
{
	return question->from == WIRE_AFTER &&
	       question->value >= gone_newest(&channels->gone, true);
}

/* It may begin at the oldest event held, or tell of it. */
static bool may_want_oldest(
	const struct question *question, const struct eventlog *log)
{
	return question->from != WIRE_AFTER ||
	       !eventlog_knows(log, question->value) ||
	       question->value < log->channels->sums.pruned_through;
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

static struct looked_marks marks_of_gone(const struct question *question,
	struct channels *channels, struct span name)
{
	struct looked_marks marks;

	marks.all = channels_mark(channels, name, question_reads_all(question));
	marks.seen = marks.all;
	if (question_reads_all(question) && !may_know(question, channels, name))
		marks.seen = channels_mark(channels, name, false);
	return marks;
}

/* Nothing, if it is known not to matter. */
static void look_at_gone(const struct question *question, struct looks *looks,
	struct channels *channels, struct span name)
{
	struct looked *looked = &looks->looked[looks->names];
	struct looked_marks marks = {0};

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

	if (channel == NULL) {
		look_at_gone(question, looks, log->channels, name);
		return;
	}
	looks->looked[looks->names] = (struct looked){LOOKS_ROW, LOOKS_ROW};
	if (!may_want_oldest(question, log))
		return;
	channel_oldest(log->channels, channel);
	if (channel->shown != NULL)
		shown_oldest(log->channels, channel);
}

static uint64_t after_of(
	const struct question *question, const struct eventlog *log)
{
	return question->from == WIRE_AFTER &&
			       eventlog_knows(log, question->value)
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

bool looks_go_on(struct looks *looks, const struct question *question,
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

/* ---- to be read */

/* If it had one then, that was dropped since. */
struct looked_marks looks_of_gone(const struct looks *looks,
	const struct question *question, uint16_t place,
	struct channels *channels, struct span name)
{
	const struct looked *looked = &looks->looked[place];
	const struct mark floor = {channels->floor, channels->floor_at};
	struct looked_marks marks = {floor, floor};

	if (looked->through == LOOKS_ROW)
		return marks_of_gone(question, channels, name);
	mark_raise(&marks.all, &(struct mark){looked->through, looks->at});
	mark_raise(&marks.seen, &(struct mark){looked->seen, looks->at});
	return marks;
}
