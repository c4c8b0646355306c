/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/submission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/http/channel_key.h"
#include "fcgi/http/query.h"
#include "lib/event/traits.h"
#include "lib/event_size.h"
#include "lib/text.h"

enum {
	/* What a hub's frame has room for beside the items: head, channel,
	 * type; and what each item needs beside key and data. */
	FRAME_REST = 1024,
	ITEM_REST = 32,
};

void submission_release(struct submission *submission)
{
	for (size_t i = 0;
		i < sizeof(submission->texts) / sizeof(submission->texts[0]);
		i++)
		buf_release(&submission->texts[i]);
	free(submission->items);
}

struct fault submission_bad_at(struct submission *submission, const char *code,
	const char *sentence, size_t at)
{
	snprintf(submission->sentence, sizeof(submission->sentence),
		"%s (at byte %zu)", sentence, at);
	return fault_bad(code, submission->sentence);
}

struct fault submission_check_channel(const struct submission *submission)
{
	const char *sentence = text_channel_fault(submission->channel);

	return sentence == NULL ? fault_none()
				: fault_bad("bad_channel", sentence);
}

/* "message" is what a browser calls an event without a type: one content. */
struct fault submission_check_type(struct submission *submission)
{
	const char *sentence = text_type_fault(submission->type);

	if (span_is(submission->type, "message"))
		submission->type = span(NULL, 0);
	return sentence == NULL ? fault_none()
				: fault_bad("bad_event", sentence);
}

/* A key that was given and is empty is a publisher's mistake, who would
 * believe himself safe. */
struct fault submission_check_key(const struct submission *submission)
{
	const char *sentence = submission->key.len == 0
				       ? "an id must not be empty"
				       : text_key_fault(submission->key);

	return sentence == NULL ? fault_none() : fault_bad("bad_id", sentence);
}

/* ---- from the URL */

static struct fault read_parameter(struct submission *submission,
	struct span query, const char *name, int text, struct span *value)
{
	struct pair pair;

	*value = span(NULL, 0);
	if (!query_find(query, name, &pair))
		return fault_none();
	if (!query_decode_value(&submission->texts[text], pair.value))
		return fault_bad("bad_query",
			"a '%' must be followed by two hexadecimal digits");
	*value = span(submission->texts[text].at == NULL
			      ? ""
			      : submission->texts[text].at,
		submission->texts[text].len);
	return fault_none();
}

struct fault submission_queried(
	struct submission *submission, struct span query)
{
	struct fault fault;

	fault = read_parameter(
		submission, query, "event", SUBMISSION_TYPE, &submission->type);
	if (fault.status == 0)
		fault = submission_check_type(submission);
	if (fault.status == 0)
		fault = read_parameter(submission, query, "id", SUBMISSION_KEY,
			&submission->key);
	if (fault.status == 0 && submission->key.at != NULL)
		fault = submission_check_key(submission);
	return fault;
}

struct fault submission_misspelt(struct submission *submission,
	const char *code, const struct misspelt *misspelt)
{
	snprintf(submission->sentence, sizeof(submission->sentence), "%s",
		misspelt->sentence);
	return fault_bad(code, submission->sentence);
}

static const struct spelling_word words[] = {
	{"also", "bad_channel", query_listed},
	{"event", "bad_event", query_named},
	{"id", "bad_id", query_named},
	{"lines", "bad_query", query_named},
	{"ttl", "bad_ttl", query_named},
};

struct fault submission_check_words(
	struct submission *submission, struct span query)
{
	struct misspelt misspelt = {""};
	struct pair pair;

	while (query_next(&query, &pair)) {
		const char *code = spelling_fault(&misspelt, words,
			sizeof(words) / sizeof(words[0]), &pair);

		if (code != NULL)
			return submission_misspelt(submission, code, &misspelt);
	}
	return fault_none();
}

static bool says(const struct pair *pair, struct span channel)
{
	struct buf value = {0};
	bool same = query_decode_value(&value, pair->value) &&
		    span_equal(buf_span(&value), channel);

	buf_release(&value);
	return same;
}

struct fault submission_check_query(
	struct submission *submission, struct span query)
{
	struct misspelt misspelt = {""};
	struct pair pair;

	while (query_next(&query, &pair)) {
		bool is = channel_key_in_query(&pair, &misspelt);

		if (misspelt.sentence[0] != '\0')
			return submission_misspelt(
				submission, "bad_channel", &misspelt);
		if (is && !says(&pair, submission->channel))
			return fault_bad("bad_channel",
				"?channel= is not where this would be "
				"published: the path of /realtime/ says that, "
				"or \"channel\" in the JSON of "
				"/api/broadcast");
	}
	return fault_none();
}

/* ---- the items */

/* `line`: which one, counted from 1; 0 if the event is the whole body. */
static struct fault check_size(struct submission *submission, size_t line,
	struct span data, size_t max_event)
{
	char sentence[EVENT_SIZE_SENTENCE];
	char *to = submission->sentence;

	if (event_size_fault(sentence, submission->type, data, max_event) ==
		NULL)
		return fault_none();
	if (line > 0)
		snprintf(to, FAULT_SENTENCE, "line %zu: %s", line, sentence);
	else
		snprintf(to, FAULT_SENTENCE, "%s", sentence);
	return fault_new(413, "event_too_long", to);
}

struct fault submission_add(struct submission *submission, struct span data,
	struct digest digest, size_t max_event)
{
	struct fault fault = check_size(submission, 0, data, max_event);

	if (fault.status != 0)
		return fault;
	submission->items = mem_new(sizeof(*submission->items));
	submission->items[0] = (struct item){submission->key, digest, data};
	submission->count = 1;
	return fault_none();
}

struct digest submission_digest(
	const struct submission *submission, struct span data)
{
	if (submission->key.len == 0)
		return (struct digest){0};
	return digest_with(digest_of(submission->type, data),
		traits_lasting(submission->traits));
}

/* Takes a line and its end (LF or CRLF) off `rest`. */
static struct span take_line(struct span *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	struct span line = *rest;

	if (end != NULL)
		line.len = (size_t)(end - line.at);
	*rest = end == NULL ? span(rest->at, 0)
			    : span(end + 1, rest->len - line.len - 1);
	if (end != NULL && line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static size_t count_lines(struct span body)
{
	size_t count = 0;

	for (; body.len > 0; count++)
		take_line(&body);
	return count;
}

/* Writes all keys (id/1, id/2 ...) before an item borrows one: their buf moves
 * as it grows. */
static void number_lines(struct submission *submission)
{
	struct buf *keys = &submission->texts[SUBMISSION_DATA];
	const char *at;

	if (submission->key.len == 0)
		return;
	for (uint32_t i = 0; i < submission->count; i++) {
		size_t begin = keys->len;

		buf_add_span(keys, submission->key);
		buf_printf(keys, "/%u", i + 1);
		submission->items[i].key.len = keys->len - begin;
	}
	at = keys->at;
	for (uint32_t i = 0; i < submission->count; i++) {
		submission->items[i].key.at = at;
		at += submission->items[i].key.len;
	}
}

static struct fault line_items(
	struct submission *submission, struct span body, size_t max_event)
{
	const size_t surely = event_surely(submission->type, max_event);
	size_t count = count_lines(body);

	if (count == 0)
		return fault_bad("no_lines", "the body has no line");
	if (count > SUBMISSION_LINES_MAX ||
		body.len + count * (submission->key.len + ITEM_REST) +
				submission->traits.len + FRAME_REST >
			WIRE_FRAME_MAX)
		return fault_new(413, "too_many_lines",
			"these are too many lines for one transaction");
	submission->items = mem_new(count * sizeof(*submission->items));
	submission->count = (uint32_t)count;
	number_lines(submission);
	for (size_t i = 0; i < count; i++) {
		struct span line = take_line(&body);
		struct fault fault = fault_none();

		if (line.len == 0 || line.len > surely)
			fault = check_size(submission, i + 1, line, max_event);
		if (fault.status != 0)
			return fault;
		submission->items[i].data = line;
		submission->items[i].digest =
			submission_digest(submission, line);
	}
	return fault_none();
}

struct fault submission_body(struct submission *submission, struct span body,
	bool lines, size_t max_event)
{
	size_t at;

	if (!text_is_utf8(body, &at))
		return submission_bad_at(
			submission, "not_utf8", "the body is no UTF-8", at);
	if (lines)
		return line_items(submission, body, max_event);
	return submission_add(submission, body,
		submission_digest(submission, body), max_event);
}
