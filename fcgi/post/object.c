/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/object.h"

#include <stdio.h>

#include "fcgi/http/channel_key.h"
#include "fcgi/post/also.h"
#include "lib/clock.h"
#include "lib/json/document.h"
#include "lib/json/json.h"

static struct fault read_body(struct submission *submission, struct span body,
	struct document *document)
{
	struct json_fault fault;
	const char *code = "bad_json";

	if (document_read(document, body, &fault))
		return fault_none();
	if (fault.half)
		code = "bad_text";
	return submission_bad_at(submission, code, fault.why, fault.at);
}

/* A member that must be a string; *value stays as it is without one. */
static struct fault read_member(struct submission *submission,
	const struct document *document, const char *name, int text,
	struct span *value)
{
	const struct member *member = document_member(document, name);

	if (member == NULL)
		return fault_none();
	if (!json_is_string(member->value)) {
		snprintf(submission->sentence, sizeof(submission->sentence),
			"%s must be a string", name);
		return fault_bad("bad_type", submission->sentence);
	}
	json_decode(&submission->texts[text], member->value);
	*value = span(submission->texts[text].at == NULL
			      ? ""
			      : submission->texts[text].at,
		submission->texts[text].len);
	return fault_none();
}

static struct fault check_names(
	struct submission *submission, const struct document *document)
{
	struct misspelt misspelt = {""};
	struct buf name = {0};

	for (size_t i = 0; i < document->count && misspelt.sentence[0] == '\0';
		i++) {
		buf_clear(&name);
		json_decode(&name, document->members[i].name);
		channel_key_in_object(buf_span(&name), &misspelt);
	}
	buf_release(&name);
	return misspelt.sentence[0] == '\0' ? fault_none()
					    : submission_misspelt(submission,
						      "bad_channel", &misspelt);
}

static struct fault read_channel(
	struct submission *submission, const struct document *document)
{
	struct fault fault = check_names(submission, document);

	if (fault.status == 0)
		fault = read_member(submission, document, "channel",
			SUBMISSION_CHANNEL, &submission->channel);
	return fault.status == 0 ? submission_check_channel(submission) : fault;
}

static struct fault read_address(
	struct submission *submission, const struct document *document)
{
	struct fault fault = read_channel(submission, document);

	if (fault.status == 0)
		fault = read_member(submission, document, "event",
			SUBMISSION_TYPE, &submission->type);
	if (fault.status == 0)
		fault = submission_check_type(submission);
	if (fault.status == 0)
		fault = read_member(submission, document, "id", SUBMISSION_KEY,
			&submission->key);
	if (fault.status == 0 && submission->key.at != NULL)
		fault = submission_check_key(submission);
	return fault;
}

/* *taken: it says where the event goes, and is none of its data. */
static struct fault read_also(struct submission *submission,
	const struct document *document, const struct member **taken)
{
	const struct member *member = document_member(document, "also");
	struct fault fault;
	bool found;

	*taken = NULL;
	if (member == NULL)
		return fault_none();
	fault = also_member(submission, member->value, &found);
	if (found)
		*taken = member;
	return fault;
}

/* The object without what says where it goes, not yet closed. */
static void compose(struct buf *out, const struct document *document,
	const struct member *also)
{
	const struct member *channel = document_member(document, "channel");
	const struct member *event = document_member(document, "event");
	const struct member *id = document_member(document, "id");

	buf_add_char(out, '{');
	for (size_t i = 0; i < document->count; i++) {
		const struct member *member = &document->members[i];

		if (member == channel || member == event || member == id ||
			member == also)
			continue;
		if (out->len > 1)
			buf_add_char(out, ',');
		buf_add_span(out, member->name);
		buf_add_char(out, ':');
		json_minify(out, member->value);
	}
}

static struct fault object_item(struct submission *submission,
	const struct document *document, size_t max_event)
{
	struct buf *data = &submission->texts[SUBMISSION_DATA];
	const struct member *also;
	struct digest digest;
	struct fault fault;

	if (document_member(document, "message") == NULL)
		return fault_bad("no_message", "message is missing");
	fault = read_also(submission, document, &also);
	if (fault.status != 0)
		return fault;
	compose(data, document, also);
	/* What the publisher sent; the time we add differs each time. */
	digest = submission_digest(submission, buf_span(data));
	if (document_member(document, "timestamp") == NULL) {
		buf_printf(data, ",\"timestamp\":\"");
		clock_rfc3339(data, submission->now);
		buf_add_char(data, '"');
	}
	buf_add_char(data, '}');
	return submission_add(submission, buf_span(data), digest, max_event);
}

struct fault object_read(
	struct submission *submission, struct span body, size_t max_event)
{
	struct document document;
	struct fault fault = read_body(submission, body, &document);

	if (fault.status != 0)
		return fault;
	fault = read_address(submission, &document);
	if (fault.status == 0)
		fault = object_item(submission, &document, max_event);
	document_release(&document);
	return fault;
}

/* The channel is given; who names another would not be heard there. */
static struct fault check_given(
	struct submission *submission, const struct document *document)
{
	const struct span given = submission->channel;
	struct fault fault = read_channel(submission, document);
	const struct member *also;

	if (fault.status == 0)
		fault = read_also(submission, document, &also);
	if (fault.status == 0 && (!span_equal(submission->channel, given) ||
					 submission->traits.len > 0))
		return fault_bad("bad_channel",
			"this address publishes on one channel, and takes no "
			"other: /realtime/ and /api/broadcast do");
	return fault;
}

static struct fault message_item(struct submission *submission,
	const struct document *document, size_t max_event)
{
	struct span message = {0};
	struct fault fault;

	if (document_member(document, "message") == NULL)
		return fault_bad("no_message", "message is missing");
	fault = read_member(
		submission, document, "message", SUBMISSION_DATA, &message);
	if (fault.status != 0)
		return fault;
	return submission_add(submission, message,
		submission_digest(submission, message), max_event);
}

struct fault object_read_message(
	struct submission *submission, struct span body, size_t max_event)
{
	struct document document;
	struct fault fault = read_body(submission, body, &document);

	if (fault.status != 0)
		return fault;
	fault = check_given(submission, &document);
	if (fault.status == 0)
		fault = message_item(submission, &document, max_event);
	document_release(&document);
	return fault;
}
