/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/traits.h"

#include <assert.h>

#include "lib/text.h"
#include "lib/wire.h"

enum {
	HEAD = 1 + 2,	     /* kind and length */
	TOPICS_HEAD = 1 + 1, /* index and count */
	ROW_WEIGHT = 64,     /* what a row takes beside its bytes */
};

/* ---- one after the other */

struct trait {
	uint8_t kind;
	struct span value;
};

static struct trait get_trait(struct wire_in *in)
{
	struct trait trait = {.kind = wire_get_u8(in)};

	trait.value = wire_get_str16(in);
	return trait;
}

struct span trait_find(struct span traits, uint8_t kind)
{
	struct wire_in in = wire_in(traits);

	while (in.at < in.end && !in.failed) {
		struct trait trait = get_trait(&in);

		if (trait.kind == kind && !in.failed)
			return trait.value;
	}
	return span(NULL, 0);
}

bool traits_are_guarded(struct span traits)
{
	struct wire_in in = wire_in(traits);

	while (in.at < in.end && !in.failed) {
		uint8_t kind = get_trait(&in).kind;

		if (kind >= TRAIT_GUARDED && kind != TRAIT_PRIVATE)
			return true;
	}
	return false;
}

bool traits_are_private(struct span traits)
{
	return trait_find(traits, TRAIT_PRIVATE).at != NULL;
}

bool trait_expires(struct span traits, uint64_t *at)
{
	struct wire_in in = wire_in(trait_find(traits, TRAIT_EXPIRES));

	*at = wire_get_u64(&in);
	return wire_done(&in);
}

bool traits_have_expired(struct span traits, uint64_t now)
{
	uint64_t at;

	return trait_expires(traits, &at) && at <= now;
}

struct span traits_lasting(struct span traits)
{
	struct span value = trait_find(traits, TRAIT_EXPIRES);

	return value.at == NULL
		       ? traits
		       : span(traits.at, (size_t)(value.at - HEAD - traits.at));
}

/* ---- whether they are sound */

static const char *label_fault(struct span label)
{
	if (label.len == 0)
		return "a label must not be empty";
	return text_key_fault(label);
}

static bool is_among(struct span name, struct span names)
{
	while (names.len > 0)
		if (span_equal(trait_next_topic(&names), name))
			return true;
	return false;
}

/* The names that come before `at` in `names`. */
static struct span before(struct span names, const char *at)
{
	return span(names.at, (size_t)(at - names.at));
}

static const char *topics_fault(struct span value)
{
	struct wire_in in = wire_in(value);
	uint8_t index = wire_get_u8(&in), count = wire_get_u8(&in);
	struct span names = span(in.at, (size_t)(in.end - in.at));
	const char *fault = NULL;

	if (in.failed || count < 2 || index >= count)
		return "these are no channels of one event";
	if (count > TRAIT_TOPICS_MAX)
		return "an event is on at most 100 channels";
	if (names.len > TRAIT_TOPICS_BYTES + 2u * count)
		return "the names of an event's channels have at most 8 KiB "
		       "together";
	for (uint8_t i = 0; i < count && fault == NULL; i++) {
		const char *at = in.at;
		struct span name = wire_get_str16(&in);

		fault = text_topic_fault(name);
		if (fault == NULL && is_among(name, before(names, at)))
			fault = "an event's channels are different ones";
	}
	if (fault == NULL && !wire_done(&in))
		fault = "these are no channels of one event";
	return fault;
}

const char *traits_fault(struct span traits)
{
	static const char broken[] = "these are no traits of an event";
	struct wire_in in = wire_in(traits);
	const char *fault = NULL;
	unsigned last = 0;

	if (traits.len > TRAITS_MAX)
		return broken;
	while (in.at < in.end && fault == NULL) {
		struct trait trait = get_trait(&in);

		if (in.failed || trait.kind <= last)
			return broken;
		last = trait.kind;
		if (trait.kind == TRAIT_LABEL)
			fault = label_fault(trait.value);
		else if (trait.kind == TRAIT_TOPICS)
			fault = topics_fault(trait.value);
		else if (trait.kind == TRAIT_RETRY && trait.value.len != 4)
			fault = broken;
		else if (trait.kind == TRAIT_EXPIRES && trait.value.len != 8)
			fault = broken;
	}
	return fault;
}

/* ---- making them */

void trait_add(struct buf *out, uint8_t kind, struct span value)
{
	assert(value.len <= TRAITS_MAX);
	wire_put_u8(out, kind);
	wire_put_str16(out, value);
}

void trait_add_topics(struct buf *out, struct span names, uint8_t count)
{
	assert(names.len <= TRAITS_MAX - TOPICS_HEAD);
	wire_put_u8(out, TRAIT_TOPICS);
	wire_put_u16(out, (uint16_t)(TOPICS_HEAD + names.len));
	wire_put_u8(out, 0);
	wire_put_u8(out, count);
	buf_add_span(out, names);
}

void trait_add_retry(struct buf *out, uint32_t ms)
{
	wire_put_u8(out, TRAIT_RETRY);
	wire_put_u16(out, sizeof(ms));
	wire_put_u32(out, ms);
}

void trait_add_expires(struct buf *out, uint64_t at)
{
	wire_put_u8(out, TRAIT_EXPIRES);
	wire_put_u16(out, sizeof(at));
	wire_put_u64(out, at);
}

bool trait_retry(struct span traits, uint32_t *ms)
{
	struct wire_in in = wire_in(trait_find(traits, TRAIT_RETRY));

	*ms = wire_get_u32(&in);
	return wire_done(&in);
}

/* ---- topics */

bool trait_topics(struct span traits, struct trait_topics *topics)
{
	struct span value = trait_find(traits, TRAIT_TOPICS);

	if (value.len < TOPICS_HEAD)
		return false;
	topics->index = (uint8_t)value.at[0];
	topics->count = (uint8_t)value.at[1];
	topics->names = span(value.at + TOPICS_HEAD, value.len - TOPICS_HEAD);
	return true;
}

struct span trait_next_topic(struct span *names)
{
	struct wire_in in = wire_in(*names);
	struct span name = wire_get_str16(&in);

	*names = in.failed ? span(NULL, 0)
			   : span(in.at, (size_t)(in.end - in.at));
	return name;
}

void trait_set_index(struct buf *traits, uint8_t index)
{
	struct span value = trait_find(buf_span(traits), TRAIT_TOPICS);

	assert(value.len >= TOPICS_HEAD);
	traits->at[value.at - traits->at] = (char)index;
}

unsigned traits_rise(struct span traits)
{
	struct trait_topics topics;

	if (traits.len == 0 || !trait_topics(traits, &topics) ||
		topics.index >= topics.count)
		return 0;
	return topics.count - topics.index - 1u;
}

bool traits_have_room(size_t count, size_t names, size_t items, size_t data)
{
	return count <= 1 || count * (items * (names + ROW_WEIGHT) + data) <=
				     TRAIT_ROWS_BYTES;
}
