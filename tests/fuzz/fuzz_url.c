/* SPDX-License-Identifier: MIT */
/*
 * fuzz_url - any bytes as a request's target
 *
 * Each part is within the target, decoded parts never grow, and a part without
 * '%' and '+' is decoded as it is.
 */
#include <config.h>

#include <string.h>

#include "fcgi/http/query.h"
#include "tests/fuzz/fuzz.h"

static void within(struct span inner, struct span outer)
{
	if (inner.len == 0)
		return;
	MUST(inner.at >= outer.at);
	MUST(inner.at + inner.len <= outer.at + outer.len);
}

static bool has(struct span text, char c)
{
	return text.len > 0 && memchr(text.at, c, text.len) != NULL;
}

static void decode(struct span text)
{
	struct buf segment = {0};
	struct buf value = {0};
	bool good = query_decode(&segment, text);

	MUST(query_decode_value(&value, text) == good);
	if (good) {
		MUST(segment.len <= text.len && value.len == segment.len);
		if (!has(text, '%'))
			MUST(span_equal(buf_span(&segment), text));
		if (!has(text, '+'))
			MUST(span_equal(buf_span(&segment), buf_span(&value)));
	} else {
		MUST(has(text, '%'));
	}
	buf_release(&segment);
	buf_release(&value);
}

/* What is before the rest is the base, as a decoder has it. */
static void below(struct span path)
{
	static const char base[] = "/live/tidings";
	struct buf before = {0};
	struct span rest;

	MUST(query_below(path, "", &rest) ==
		(path.len == 0 || path.at[0] == '/'));
	if (!query_below(path, base, &rest))
		return;
	within(rest, path);
	MUST(rest.len == 0 || rest.at[0] == '/');
	MUST(query_decode(&before, span(path.at, path.len - rest.len)));
	MUST(span_is(buf_span(&before), base));
	buf_release(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span uri = span(data, size);
	struct url url = query_url(uri);
	struct span rest;
	struct pair pair, found;

	within(url.path, uri);
	within(url.query, uri);
	MUST(!has(url.path, '?'));
	decode(url.path);
	below(url.path);
	for (rest = url.query; query_next(&rest, &pair);) {
		within(pair.name, url.query);
		within(pair.value, url.query);
		MUST(!has(pair.name, '&') && !has(pair.name, '='));
		MUST(!has(pair.value, '&'));
		MUST(pair.has_value || pair.value.len == 0);
		decode(pair.name);
		decode(pair.value);
		if (query_named(&pair, "channel"))
			MUST(query_find(url.query, "channel", &found));
	}
	return 0;
}
