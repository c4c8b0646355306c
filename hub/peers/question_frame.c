/* SPDX-License-Identifier: MIT */
/*
 * question_frame - a question as it comes, and what the answer says of its
 * channels
 */
#include "config.h"

#include "hub/peers/question.h"
#include "lib/event/selector.h"

/* ---- as it comes */

struct asked question_next(struct wire_in *in)
{
	struct asked asked = {.kind = wire_get_u8(in)};

	asked.text = wire_get_str16(in);
	return asked;
}

static bool in_order(const struct asked *before, const struct asked *after)
{
	return selector_order(before->kind, before->text, after->kind,
		       after->text) < 0;
}

/* Passes over the names; false if they are none, or not in order. */
static bool pass_names(struct wire_in *in, uint16_t count)
{
	struct asked before = {0};

	for (uint16_t i = 0; i < count; i++) {
		struct asked asked = question_next(in);

		if (!selector_is(asked.kind, asked.text) ||
			(i > 0 && !in_order(&before, &asked)))
			return false;
		before = asked;
	}
	return true;
}

/* Passes over what is told of `names` names; false if it is not that, or their
 * places do not rise. */
static bool pass_told(struct wire_in *in, uint16_t count, uint16_t names)
{
	uint16_t least = 0;

	for (uint16_t i = 0; i < count; i++) {
		uint16_t place = wire_get_u16(in);

		wire_get_u64(in);
		if (place < least || place >= names)
			return false;
		least = place + 1;
	}
	return !in->failed;
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

/* Where nothing is private everybody sees everything: what is known of a
 * pattern is the same for all. */
void question_read_again(struct question *question, struct wire_in *in,
	const struct channels *channels, struct scope *scope)
{
	question->sight = (struct sight){!channels_hide(channels), scope};
	read_head(question, in);
	for (uint16_t i = 0; i < question->name_count; i++)
		question_next(in);
	read_told(question, in);
}

bool question_read(struct question *question, struct wire_in *in)
{
	if (!read_head(question, in) || !pass_names(in, question->name_count))
		return false;
	read_told(question, in);
	return pass_told(in, question->told_count, question->name_count);
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
	/* Patterns come last: whether they have anything a page says. */
	for (uint16_t i = question->name_count - question->pattern_count;
		i < question->name_count; i++, count++)
		wire_put_u16(out, i);
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
		wire_put_u64(out, question->seen[i]);
		count++;
	}
	put_count(out, counted, count);
}
