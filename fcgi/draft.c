/*
 * draft - what a POST says, read and checked, before the hub has seen it
 */
#include <config.h>

#include "fcgi/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/document.h"
#include "fcgi/query.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"

/* Which of the texts holds what. */
enum {
	CHANNEL,
	TYPE,
	KEY,
	DATA,
};

enum {
	/* What a hub's frame has room for beside the items: head, channel,
	 * type; and what each item needs beside key and data. */
	FRAME_REST = 1024,
	ITEM_REST = 32,
};

static const struct fault none;

void draft_release(struct draft *draft)
{
	for (size_t i = 0; i < sizeof(draft->texts) / sizeof(draft->texts[0]);
		i++)
		buf_release(&draft->texts[i]);
	free(draft->items);
}

static struct fault bad(const char *code, const char *sentence)
{
	return (struct fault){400, code, sentence};
}

static struct fault bad_at(
	struct draft *draft, const char *code, const char *sentence, size_t at)
{
	snprintf(draft->sentence, sizeof(draft->sentence), "%s (at byte %zu)",
		sentence, at);
	return bad(code, draft->sentence);
}

static struct fault event_too_long(void)
{
	return (struct fault){413, "event_too_long",
		"an event's data is longer than max_event"};
}

static struct fault check_channel(const struct draft *draft)
{
	const char *sentence = text_channel_fault(draft->channel);

	return sentence == NULL ? none : bad("bad_channel", sentence);
}

/* "message" is what a browser calls an event without a type: one content. */
static struct fault check_type(struct draft *draft)
{
	const char *sentence = text_type_fault(draft->type);

	if (span_is(draft->type, "message"))
		draft->type = span(NULL, 0);
	return sentence == NULL ? none : bad("bad_event", sentence);
}

/* A key that was given and is empty is a publisher's mistake, who would
 * believe himself safe. */
static struct fault check_key(const struct draft *draft)
{
	const char *sentence = draft->key.len == 0 ? "an id must not be empty"
						   : text_key_fault(draft->key);

	return sentence == NULL ? none : bad("bad_id", sentence);
}

/* ---- from the URL */

static struct fault read_parameter(struct draft *draft, struct span query,
	const char *name, int text, struct span *value)
{
	struct pair pair;

	*value = span(NULL, 0);
	if (!query_find(query, name, &pair))
		return none;
	if (!query_decode_value(&draft->texts[text], pair.value))
		return bad("bad_query",
			"a '%' must be followed by two hexadecimal digits");
	*value =
		span(draft->texts[text].at == NULL ? "" : draft->texts[text].at,
			draft->texts[text].len);
	return none;
}

struct fault draft_queried(struct draft *draft, struct span query)
{
	struct fault fault;

	fault = read_parameter(draft, query, "event", TYPE, &draft->type);
	if (fault.status == 0)
		fault = check_type(draft);
	if (fault.status == 0)
		fault = read_parameter(draft, query, "id", KEY, &draft->key);
	if (fault.status == 0 && draft->key.at != NULL)
		fault = check_key(draft);
	return fault;
}

/* ---- the items */

static struct fault one_item(struct draft *draft, struct span data,
	struct digest digest, size_t max_event)
{
	if (data.len > max_event)
		return event_too_long();
	draft->items = mem_new(sizeof(*draft->items));
	draft->items[0] = (struct item){draft->key, digest, data};
	draft->count = 1;
	return none;
}

static struct digest digest_for(const struct draft *draft, struct span data)
{
	if (draft->key.len == 0)
		return (struct digest){0};
	return digest_of(draft->type, data);
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
static void number_lines(struct draft *draft)
{
	struct buf *keys = &draft->texts[DATA];
	const char *at;

	if (draft->key.len == 0)
		return;
	for (uint32_t i = 0; i < draft->count; i++) {
		size_t begin = keys->len;

		buf_add_span(keys, draft->key);
		buf_printf(keys, "/%u", i + 1);
		draft->items[i].key.len = keys->len - begin;
	}
	at = keys->at;
	for (uint32_t i = 0; i < draft->count; i++) {
		draft->items[i].key.at = at;
		at += draft->items[i].key.len;
	}
}

static struct fault line_items(
	struct draft *draft, struct span body, size_t max_event)
{
	size_t count = count_lines(body);

	if (count == 0)
		return bad("no_lines", "the body has no line");
	if (count > DRAFT_LINES_MAX ||
		body.len + count * (draft->key.len + ITEM_REST) + FRAME_REST >
			WIRE_FRAME_MAX)
		return (struct fault){413, "too_many_lines",
			"these are too many lines for one transaction"};
	draft->items = mem_new(count * sizeof(*draft->items));
	draft->count = (uint32_t)count;
	number_lines(draft);
	for (size_t i = 0; i < count; i++) {
		struct span line = take_line(&body);

		if (line.len > max_event)
			return event_too_long();
		draft->items[i].data = line;
		draft->items[i].digest = digest_for(draft, line);
	}
	return none;
}

struct fault draft_body(
	struct draft *draft, struct span body, bool lines, size_t max_event)
{
	size_t at;

	if (!text_is_utf8(body, &at))
		return bad_at(draft, "not_utf8", "the body is no UTF-8", at);
	if (lines)
		return line_items(draft, body, max_event);
	return one_item(draft, body, digest_for(draft, body), max_event);
}

/* ---- from JSON */

static struct fault read_body(
	struct draft *draft, struct span body, struct document *document)
{
	struct json_fault fault;

	if (document_read(document, body, &fault))
		return none;
	return bad_at(draft, "bad_json", fault.why, fault.at);
}

/* A member that must be a string; *value stays as it is without one. */
static struct fault read_member(struct draft *draft,
	const struct document *document, const char *name, int text,
	struct span *value)
{
	const struct member *member = document_member(document, name);

	if (member == NULL)
		return none;
	if (!json_is_string(member->value)) {
		snprintf(draft->sentence, sizeof(draft->sentence),
			"%s must be a string", name);
		return bad("bad_type", draft->sentence);
	}
	if (!json_decode(&draft->texts[text], member->value)) {
		snprintf(draft->sentence, sizeof(draft->sentence),
			"%s has half a surrogate pair", name);
		return bad("bad_text", draft->sentence);
	}
	*value =
		span(draft->texts[text].at == NULL ? "" : draft->texts[text].at,
			draft->texts[text].len);
	return none;
}

static struct fault read_address(
	struct draft *draft, const struct document *document)
{
	struct fault fault;

	fault = read_member(
		draft, document, "channel", CHANNEL, &draft->channel);
	if (fault.status == 0)
		fault = check_channel(draft);
	if (fault.status == 0)
		fault = read_member(
			draft, document, "event", TYPE, &draft->type);
	if (fault.status == 0)
		fault = check_type(draft);
	if (fault.status == 0)
		fault = read_member(draft, document, "id", KEY, &draft->key);
	if (fault.status == 0 && draft->key.at != NULL)
		fault = check_key(draft);
	return fault;
}

/* The object without what says where it goes, not yet closed. */
static void compose(struct buf *out, const struct document *document)
{
	const struct member *channel = document_member(document, "channel");
	const struct member *event = document_member(document, "event");
	const struct member *id = document_member(document, "id");

	buf_add_char(out, '{');
	for (size_t i = 0; i < document->count; i++) {
		const struct member *member = &document->members[i];

		if (member == channel || member == event || member == id)
			continue;
		if (out->len > 1)
			buf_add_char(out, ',');
		buf_add_span(out, member->name);
		buf_add_char(out, ':');
		json_minify(out, member->value);
	}
}

static struct fault object_item(
	struct draft *draft, const struct document *document, size_t max_event)
{
	struct buf *data = &draft->texts[DATA];
	struct digest digest;

	if (document_member(document, "message") == NULL)
		return bad("no_message", "message is missing");
	compose(data, document);
	/* What the publisher sent; the time we add differs each time. */
	digest = digest_for(draft, buf_span(data));
	if (document_member(document, "timestamp") == NULL) {
		buf_printf(data, ",\"timestamp\":\"");
		clock_rfc3339(data, draft->now);
		buf_add_char(data, '"');
	}
	buf_add_char(data, '}');
	return one_item(draft, buf_span(data), digest, max_event);
}

struct fault draft_object(
	struct draft *draft, struct span body, size_t max_event)
{
	struct document document;
	struct fault fault = read_body(draft, body, &document);

	if (fault.status != 0)
		return fault;
	fault = read_address(draft, &document);
	if (fault.status == 0)
		fault = object_item(draft, &document, max_event);
	document_release(&document);
	return fault;
}

struct fault draft_message(
	struct draft *draft, struct span body, size_t max_event)
{
	struct document document;
	struct fault fault = read_body(draft, body, &document);
	struct span message = {0};

	if (fault.status != 0)
		return fault;
	if (document_member(&document, "message") == NULL)
		fault = bad("no_message", "message is missing");
	else
		fault = read_member(
			draft, &document, "message", DATA, &message);
	if (fault.status == 0)
		fault = one_item(
			draft, message, digest_for(draft, message), max_event);
	document_release(&document);
	return fault;
}
