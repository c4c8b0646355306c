/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json - any bytes as the JSON of a POST
 *
 * What is taken is within the text, can be decoded, and is the same object when
 * it has been made one line; what is not taken has a place and a reason.
 */
#include <config.h>

#include <string.h>

#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

static void within(struct span inner, struct span outer)
{
	MUST(inner.at >= outer.at);
	MUST(inner.at + inner.len <= outer.at + outer.len);
}

static void decode(struct span value)
{
	struct buf out = {0};

	if (json_is_string(value))
		json_decode(&out, value);
	MUST(text_is_utf8(buf_span(&out), NULL));
	buf_release(&out);
}

/* Without its space it is the same object, and has no more space to lose. */
static void minify(struct span text, size_t count)
{
	struct document document;
	struct json_fault fault;
	struct buf once = {0};
	struct buf twice = {0};

	json_minify(&once, text);
	MUST(once.len <= text.len);
	MUST(memchr(once.at, '\n', once.len) == NULL);
	MUST(memchr(once.at, '\r', once.len) == NULL);
	MUST(document_read(&document, buf_span(&once), &fault));
	MUST(document.count == count);
	document_release(&document);
	json_minify(&twice, buf_span(&once));
	MUST(span_equal(buf_span(&once), buf_span(&twice)));
	buf_release(&once);
	buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span(data, size);
	struct document document;
	struct json_fault fault = {.at = SIZE_MAX};

	if (!document_read(&document, text, &fault)) {
		MUST(fault.at <= size && fault.why != NULL);
		return 0;
	}
	MUST(text_is_utf8(text, NULL));
	for (size_t i = 0; i < document.count; i++) {
		within(document.members[i].name, text);
		within(document.members[i].value, text);
		decode(document.members[i].name);
		decode(document.members[i].value);
	}
	minify(text, document.count);
	document_release(&document);
	return 0;
}
