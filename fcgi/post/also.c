/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/also.h"

#include "fcgi/http/query.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "lib/traits.h"

/* The value of TRAIT_TOPICS, as it grows. */
struct list {
	struct buf value;
	uint8_t count;
};

/* ---- a name */

static void put_len(struct list *list, size_t at, size_t len)
{
	list->value.at[at] = (char)(len & 0xff);
	list->value.at[at + 1] = (char)(len >> 8);
}

static bool is_listed(const struct list *list, size_t end, struct span name)
{
	struct span names = span(list->value.at, end);

	while (names.len > 0)
		if (span_equal(trait_next_topic(&names), name))
			return true;
	return false;
}

/* What stands behind `begin` is a name, with room for its length before it. */
static struct fault end_name(struct list *list, size_t begin)
{
	struct buf *value = &list->value;
	size_t len = value->len - begin - 2;
	struct span name = span(value->at + begin + 2, len);
	const char *sentence = text_channel_fault(name);

	if (sentence != NULL)
		return fault_bad("bad_channel", sentence);
	if (is_listed(list, begin, name)) {
		value->len = begin;
		return fault_none();
	}
	if (list->count == TRAIT_TOPICS_MAX ||
		list->value.len > TRAIT_TOPICS_BYTES + 2u * (list->count + 1u))
		return (struct fault){413, "too_many_channels",
			"an event is on at most 100 channels, whose names "
			"have at most 8 KiB together"};
	put_len(list, begin, len);
	list->count++;
	return fault_none();
}

static size_t begin_name(struct list *list)
{
	size_t begin = list->value.len;

	wire_put_u16(&list->value, 0);
	return begin;
}

/* ---- the list */

static void begin(struct list *list, const struct submission *submission)
{
	*list = (struct list){0};
	wire_put_str16(&list->value, submission->channel);
	list->count = 1;
}

/* Makes the submission's traits of it, unless something was wrong. */
static struct fault finish(
	struct list *list, struct submission *submission, struct fault fault)
{
	struct buf *traits = &submission->texts[SUBMISSION_TRAITS];

	if (fault.status == 0 && list->count > 1) {
		trait_add_topics(traits, buf_span(&list->value), list->count);
		submission->traits = buf_span(traits);
	}
	buf_release(&list->value);
	return fault;
}

struct fault also_queried(struct submission *submission, struct span query)
{
	struct fault fault = fault_none();
	struct list list;
	struct pair pair;

	begin(&list, submission);
	while (fault.status == 0 && query_next(&query, &pair)) {
		size_t at;

		if (!query_named(&pair, "also"))
			continue;
		at = begin_name(&list);
		if (!query_decode_value(&list.value, pair.value))
			fault = fault_bad("bad_query",
				"a '%' must be followed by two hexadecimal "
				"digits");
		else
			fault = end_name(&list, at);
	}
	return finish(&list, submission, fault);
}

struct fault also_member(
	struct submission *submission, struct span value, bool *taken)
{
	struct fault fault = fault_none();
	struct span string;
	struct list list;

	*taken = json_is_strings(value);
	if (!*taken)
		return fault;
	begin(&list, submission);
	while (fault.status == 0 && json_next_string(&value, &string)) {
		size_t at = begin_name(&list);

		if (!json_decode(&list.value, string))
			fault = fault_bad(
				"bad_text", "also has half a surrogate pair");
		else
			fault = end_name(&list, at);
	}
	return finish(&list, submission, fault);
}

struct fault also_check_room(const struct submission *submission)
{
	struct trait_topics topics;
	size_t bytes = 0;

	if (!trait_topics(submission->traits, &topics))
		return fault_none();
	for (uint32_t i = 0; i < submission->count; i++)
		bytes += submission->items[i].data.len;
	if (traits_have_room(
		    topics.count, topics.names.len, submission->count, bytes))
		return fault_none();
	return (struct fault){413, "too_much",
		"what one request publishes on several channels has at most 1 "
		"MiB, counted on each"};
}
