/* SPDX-License-Identifier: MIT */
/*
 * fuzz_post - any bytes as the body of a POST, and as its query
 *
 * What gets past is what the hub would take: names by the rules of text.h, data
 * that is UTF-8 and no longer than an event may be.
 */
#include <config.h>

#include <string.h>

#include "fcgi/post/object.h"
#include "lib/event_size.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_EVENT = 300 };

static void check(struct submission *submission, struct fault fault)
{
	if (fault.status != 0) {
		MUST(fault.status >= 400 && fault.status < 500);
		MUST(fault.code[0] != '\0' && fault.sentence[0] != '\0');
		submission_release(submission);
		return;
	}
	MUST(text_channel_fault(submission->channel) == NULL);
	MUST(text_type_fault(submission->type) == NULL);
	MUST(submission->count <= SUBMISSION_LINES_MAX);
	for (uint32_t i = 0; i < submission->count; i++) {
		const struct item *item = &submission->items[i];

		MUST(event_size(submission->type, item->data) <= MAX_EVENT);
		MUST(text_is_utf8(item->data, NULL));
		MUST(item->key.len <= 255);
		MUST(text_is_utf8(item->key, NULL));
	}
	submission_release(submission);
}

static struct submission fresh(void)
{
	return (struct submission){.channel = span_of("main")};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span body = span(data, size);
	struct submission submission;

	submission = fresh();
	check(&submission, submission_queried(&submission, body));
	submission = fresh();
	check(&submission,
		submission_body(&submission, body, false, MAX_EVENT));
	submission = fresh();
	submission.key = span_of("key");
	check(&submission, submission_body(&submission, body, true, MAX_EVENT));
	submission = fresh();
	check(&submission, object_read(&submission, body, MAX_EVENT));
	submission = fresh();
	check(&submission, object_read_message(&submission, body, MAX_EVENT));
	return 0;
}
