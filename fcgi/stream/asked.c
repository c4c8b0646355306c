/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/asked.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi/http/channel_key.h"
#include "fcgi/http/query.h"
#include "fcgi/stream/filter.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/types.h"
#include "lib/event/active.h"
#include "lib/event/selector.h"
#include "lib/text.h"

static const struct asked_fault fine;

/* Room for all names at once, so that the spans stay where they are. */
void asked_init(struct asked *asked, size_t room)
{
	*asked = (struct asked){0};
	buf_reserve(&asked->text, room + 1);
}

void asked_release(struct asked *asked)
{
	buf_release(&asked->text);
	free(asked->names);
	free(asked->patterns);
	free(asked->types);
	free(asked->filters);
	buf_release(&asked->wanted);
}

static struct asked_fault bad(const char *code, const char *sentence)
{
	return (struct asked_fault){code, sentence};
}

static void append(struct span **list, size_t *count, struct span name)
{
	if ((*count & 15) == 0)
		*list = mem_resize(*list, (*count + 16) * sizeof(name));
	(*list)[(*count)++] = name;
}

size_t asked_count(const struct asked *asked)
{
	bool has_channel = filter_is(buf_span(&asked->wanted));

	return asked->channel_count + asked->pattern_count +
	       asked->filter_count - has_channel;
}

static bool is_full(const struct asked *asked)
{
	return asked_count(asked) == CHANNELS_MAX;
}

/* ---- one of them */

static struct asked_fault add_channel(struct asked *asked, struct span name)
{
	const char *fault = text_topic_fault(name);

	if (fault == NULL && is_full(asked))
		fault = "a stream has at most 1,000 channels";
	if (fault != NULL)
		return bad("bad_channel", fault);
	append(&asked->names, &asked->channel_count, name);
	return fine;
}

static struct asked_fault add_pattern(struct asked *asked, struct span text)
{
	const char *fault = selector_fault(text);

	if (fault == NULL && asked->pattern_count == PATTERNS_MAX)
		fault = "a stream has at most 100 patterns";
	if (fault == NULL && is_full(asked))
		fault = "a stream has at most 1,000 channels and patterns";
	if (fault != NULL)
		return bad("bad_pattern", fault);
	if (selector_kind(text) == SELECTOR_EXACT)
		append(&asked->names, &asked->channel_count, text);
	else
		append(&asked->patterns, &asked->pattern_count, text);
	return fine;
}

static struct asked_fault add_type(struct asked *asked, struct span type)
{
	const char *fault = text_type_fault(type);

	if (fault == NULL && type.len == 0)
		fault = "?event needs a value";
	if (fault == NULL && asked->type_count == TYPES_MAX)
		fault = "a stream has at most 100 types of event";
	if (fault != NULL)
		return bad("bad_event", fault);
	append(&asked->types, &asked->type_count, type);
	return fine;
}

static struct asked_fault add_topic(struct asked *asked, struct span text)
{
	bool exact = selector_kind(text) == SELECTOR_EXACT;

	if (text_topic_fault(text) != NULL)
		return bad("bad_topic", "a topic is a text of 1 to 1,000 bytes "
					"in UTF-8, without control characters");
	if (is_full(asked))
		return bad("bad_topic", "a stream has at most 1,000 topics");
	if (filter_concerns(text)) {
		append(&asked->filters, &asked->filter_count, text);
		return fine;
	}
	if (exact || selector_fault(text) != NULL) {
		append(&asked->names, &asked->channel_count, text);
		return fine;
	}
	if (asked->pattern_count == PATTERNS_MAX)
		return bad("bad_topic", "a stream has at most 100 topics that "
					"are templates or *");
	append(&asked->patterns, &asked->pattern_count, text);
	return fine;
}

struct asked_fault asked_add_channel(struct asked *asked, struct span name)
{
	size_t begin = asked->text.len;

	buf_add_span(&asked->text, name);
	return add_channel(asked, span(asked->text.at + begin, name.len));
}

/* ---- a query */

/* A parameter that means something here. */
struct parameter {
	struct asked_fault no_value, no_text;
	struct asked_fault (*add)(struct asked *asked, struct span text);
};

static const struct parameter channel = {
	{"bad_channel", "?channel needs a value"},
	{"bad_channel", "?channel= has a '%' without two hexadecimal digits"},
	add_channel};
static const struct parameter pattern = {
	{"bad_pattern", "?pattern needs a value"},
	{"bad_pattern", "?pattern= has a '%' without two hexadecimal digits"},
	add_pattern};
static const struct parameter event = {{"bad_event", "?event needs a value"},
	{"bad_event", "?event= has a '%' without two hexadecimal digits"},
	add_type};

static const struct parameter topic = {{"bad_topic", "?topic needs a value"},
	{"bad_topic", "?topic= has a '%' without two hexadecimal digits"},
	add_topic};

static struct asked_fault add_value(struct asked *asked,
	const struct parameter *parameter, const struct pair *pair)
{
	size_t begin = asked->text.len;

	if (!pair->has_value)
		return parameter->no_value;
	if (!query_decode_value(&asked->text, pair->value))
		return parameter->no_text;
	return parameter->add(
		asked, span(asked->text.at + begin, asked->text.len - begin));
}

/* What else means something on a stream; others read it. */
static const struct spelling_word words[] = {
	{"pattern", "bad_pattern", query_listed},
	{"event", "bad_event", query_listed},
	{"since", "bad_since", query_named},
	{"lastEventId", "bad_query", query_is_last_id},
	{"keepalive", "bad_keepalive", query_named},
	{"envelope", "bad_query", query_named},
	{"time", "bad_query", query_named},
	{"authorized", "bad_query", query_named},
	{"ticket", "bad_query", query_named},
};

static struct asked_fault check_word(
	struct asked *asked, const struct pair *pair)
{
	const char *code = spelling_fault(&asked->misspelt, words,
		sizeof(words) / sizeof(words[0]), pair);

	return code == NULL ? fine : bad(code, asked->misspelt.sentence);
}

static struct asked_fault add_pair(struct asked *asked, const struct pair *pair)
{
	if (query_listed(pair, "pattern"))
		return add_value(asked, &pattern, pair);
	if (query_listed(pair, "event"))
		return add_value(asked, &event, pair);
	if (channel_key_in_query(pair, &asked->misspelt))
		return add_value(asked, &channel, pair);
	if (asked->misspelt.sentence[0] != '\0')
		return bad("bad_channel", asked->misspelt.sentence);
	return check_word(asked, pair);
}

struct asked_fault asked_add_query(struct asked *asked, struct span query)
{
	struct asked_fault fault = fine;
	struct pair pair;

	while (fault.sentence == NULL && query_next(&query, &pair))
		fault = add_pair(asked, &pair);
	return fault;
}

/* What begins so selects events in a later version of the protocol: whoever
 * asks would be given others than he has meant. */
static bool is_match(struct span name)
{
	static const char match[] = "match";
	const size_t len = sizeof(match) - 1;

	return name.len >= len && strncasecmp(name.at, match, len) == 0;
}

/* They are one wish of the one channel, unless all of it is asked for. */
static struct asked_fault take_filters(struct asked *asked)
{
	if (asked->filter_count == 0)
		return fine;
	for (size_t i = 0; i < asked->channel_count; i++)
		if (span_is(asked->names[i], ACTIVE_CHANNEL))
			return fine;
	append(&asked->names, &asked->channel_count, span_of(ACTIVE_CHANNEL));
	filter_put(&asked->wanted, asked->filters, asked->filter_count);
	return asked->wanted.len <= FILTER_MAX
		       ? fine
		       : bad("bad_topic", "topics below " ACTIVE_CHANNEL
					  " have at most 32 KiB together");
}

struct asked_fault asked_add_topics(struct asked *asked, struct span query)
{
	struct asked_fault fault = fine;
	struct pair pair;

	while (fault.sentence == NULL && query_next(&query, &pair)) {
		if (query_listed(&pair, "topic"))
			fault = add_value(asked, &topic, &pair);
		else if (is_match(pair.name))
			fault = bad("bad_topic",
				"topics are selected by ?topic= here, and by "
				"nothing that begins with match");
	}
	if (fault.sentence == NULL && asked_count(asked) == 0)
		fault = bad("bad_topic", "?topic= is missing");
	if (fault.sentence == NULL)
		fault = take_filters(asked);
	return fault;
}

/* ---- in order */

static int in_order(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return selector_order(SELECTOR_EXACT, *a, SELECTOR_EXACT, *b);
}

/* `*` before templates. */
static int in_order_of_kinds(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return selector_order(selector_kind(*a), *a, selector_kind(*b), *b);
}

static size_t sort(struct span *names, size_t count,
	int (*order)(const void *left, const void *right))
{
	size_t kept = 1;

	if (count < 2)
		return count;
	qsort(names, count, sizeof(*names), order);
	for (size_t i = 1; i < count; i++)
		if (!span_equal(names[i], names[kept - 1]))
			names[kept++] = names[i];
	return kept;
}

void asked_sort(struct asked *asked)
{
	size_t bytes;

	if (!filter_is(buf_span(&asked->wanted)))
		buf_clear(&asked->wanted);
	types_put(&asked->wanted, asked->types, asked->type_count);
	asked->channel_count =
		sort(asked->names, asked->channel_count, in_order);
	asked->pattern_count =
		sort(asked->patterns, asked->pattern_count, in_order_of_kinds);
	bytes = asked->pattern_count * sizeof(*asked->patterns);
	if (bytes == 0)
		return;
	asked->names = mem_resize(asked->names,
		asked->channel_count * sizeof(*asked->names) + bytes);
	memcpy(asked->names + asked->channel_count, asked->patterns, bytes);
}

void asked_fill(const struct asked *asked, struct subscription *subscription)
{
	subscription->channels = asked->names;
	subscription->count =
		(uint16_t)(asked->channel_count + asked->pattern_count);
	subscription->patterns = (uint16_t)asked->pattern_count;
	subscription->types = buf_span(&asked->wanted);
	if (filter_is(subscription->types))
		subscription->filter = subscription->types;
}
