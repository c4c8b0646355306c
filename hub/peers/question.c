/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/question.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

/* ---- the frame */

static bool in_order(struct span before, struct span after)
{
	size_t len = before.len < after.len ? before.len : after.len;
	int order = memcmp(before.at, after.at, len);

	return order < 0 || (order == 0 && before.len < after.len);
}

/* Passes over the names; false if they are none, or not in order. */
static bool pass_names(struct wire_in *in, uint16_t count)
{
	struct span before = {0};

	for (uint16_t i = 0; i < count; i++) {
		struct span name = wire_get_str16(in);

		if (text_channel_fault(name) != NULL ||
			(i > 0 && !in_order(before, name)))
			return false;
		before = name;
	}
	return true;
}

/* Marks of what is among `names` names; their places rise. */
static bool are_marks(struct wire_in in, uint16_t count, uint16_t names)
{
	uint16_t least = 0;

	for (uint16_t i = 0; i < count; i++) {
		uint16_t place = wire_get_u16(&in);

		wire_get_u64(&in);
		if (place < least || place >= names)
			return false;
		least = place + 1;
	}
	return wire_done(&in);
}

static bool read_head(struct question *question, struct wire_in *in)
{
	question->tag = wire_get_u64(in);
	question->from = wire_get_u8(in);
	question->value = wire_get_u64(in);
	question->upto = wire_get_u64(in);
	question->label = wire_get_str16(in);
	question->name_count = wire_get_u16(in);
	question->names = *in;
	return !in->failed && question->from <= WIRE_LABEL &&
	       question->name_count > 0 &&
	       question->name_count <= QUESTION_CHANNELS_MAX;
}

static void read_told(struct question *question, struct wire_in *in)
{
	question->told_count = wire_get_u16(in);
	question->told = *in;
}

void question_read_again(struct question *question, struct wire_in *in)
{
	read_head(question, in);
	for (uint16_t i = 0; i < question->name_count; i++)
		wire_get_str16(in);
	read_told(question, in);
}

bool question_read(struct question *question, struct wire_in *in)
{
	if (!read_head(question, in) || !pass_names(in, question->name_count))
		return false;
	read_told(question, in);
	return are_marks(
		question->told, question->told_count, question->name_count);
}

/* ---- what is looked up */

void question_find_label(struct question *question, struct eventlog *log)
{
	if (question->from != WIRE_LABEL)
		return;
	question->from =
		labels_find(&log->labels, question->label, &question->value)
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

/* Of a name without a row: the mark, unless it is known not to matter. */
static uint64_t look_for_mark(const struct question *question,
	struct looks *looks, struct channels *channels, struct span name)
{
	struct mark mark;

	if (is_past_the_gone(question, channels))
		return 0;
	mark = channels_mark(channels, name);
	if (mark.at > looks->at)
		looks->at = mark.at;
	return mark.through;
}

bool question_look(const struct question *question, struct looks *looks,
	struct eventlog *log, uint64_t end)
{
	bool oldest = may_want_oldest(question, log);
	struct wire_in names = question->names;

	if (looks->through == NULL)
		looks->through =
			mem_new(question->name_count * sizeof(*looks->through));
	for (uint16_t i = 0; i < looks->names; i++)
		wire_get_str16(&names);
	while (looks->names < question->name_count) {
		struct span name = wire_get_str16(&names);
		struct channel *channel = channel_find(log->channels, name);

		if (channel != NULL && oldest)
			channel_oldest(log->channels, channel);
		looks->through[looks->names++] =
			channel != NULL ? LOOKS_ROW
					: look_for_mark(question, looks,
						  log->channels, name);
		if (clock_now_us(log->clock) >= end)
			break;
	}
	return looks->names == question->name_count;
}

void looks_release(struct looks *looks)
{
	free(looks->through);
	*looks = (struct looks){0};
}

/* Of a name without a row.  If it had one, that was dropped since. */
static struct mark mark_of(const struct looks *looks, uint16_t place,
	struct channels *channels, struct span name)
{
	struct mark mark = {channels->floor, channels->floor_at};

	if (looks->through[place] == LOOKS_ROW)
		return channels_mark(channels, name);
	mark_raise(&mark, &(struct mark){looks->through[place], looks->at});
	return mark;
}

/* ---- the channels */

/* Finds the channels, and marks of all names. */
static void find_all(struct question *question, const struct looks *looks,
	struct channels *channels)
{
	struct mark highest = {0};
	struct wire_in names = question->names;

	question->channel_count = 0;
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
			mark = mark_of(looks, i, channels, name);
		}
		question->marks[i] = mark.through;
		mark_raise(&highest, &mark);
	}
	question->pruned_through = highest.through;
	question->pruned_at = highest.at;
}

/* A mark of another history says nothing of this one. */
static bool is_of_this_log(const struct eventlog *log, uint64_t mark)
{
	return mark <= log->committed &&
	       epochs_find(&log->epochs, mark) == NULL;
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

	find_all(question, looks, log->channels);
	question->untold = 0;
	know_next(&known);
	for (uint16_t i = 0; i < question->name_count; i++) {
		uint64_t mark = question->marks[i];

		if (!knows(&known, log, i, mark) && mark > question->untold)
			question->untold = mark;
	}
}

/* ---- in the answer */

/* Puts into a place that was left for it how many things follow it. */
static void put_count(struct buf *out, size_t place, uint16_t count)
{
	size_t end = out->len;

	out->len = place;
	wire_put_u16(out, count);
	out->len = end;
}

void question_put_busy(
	const struct question *question, uint64_t used, struct buf *out)
{
	size_t counted = out->len;
	uint16_t count = 0;

	wire_put_u16(out, 0); /* once known */
	for (size_t i = 0; i < question->channel_count; i++) {
		if (question->channels[i]->newest <= used)
			continue;
		wire_put_u16(out, question->places[i]);
		count++;
	}
	put_count(out, counted, count);
}

void question_put_marks(
	const struct question *question, uint64_t used, struct buf *out)
{
	size_t counted = out->len;
	uint16_t count = 0;

	wire_put_u16(out, 0);
	for (uint16_t i = 0; i < question->name_count; i++) {
		if (question->marks[i] <= used)
			continue;
		wire_put_u16(out, i);
		wire_put_u64(out, question->marks[i]);
		count++;
	}
	put_count(out, counted, count);
}
