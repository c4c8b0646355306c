/* SPDX-License-Identifier: MIT */
/*
 * fuzz_selector - a pattern, a newline, and a name
 *
 * Whatever the pattern is, it matches or does not, in a bounded memory; it
 * matches itself, and nothing that does not begin with its prefix.
 */
#include <config.h>

#include <string.h>

#include "lib/event/selector.h"
#include "tests/fuzz/fuzz.h"

static bool begins(struct span name, struct span prefix)
{
	return name.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(name.at, prefix.at, prefix.len) == 0);
}

static void match(struct span pattern, struct span name)
{
	struct selector *selector = selector_new(pattern);

	MUST(selector_is((uint8_t)selector_kind(pattern), pattern));
	MUST(span_equal(selector_text(selector), pattern));
	MUST(selector_matches(selector, pattern));
	if (selector_matches(selector, name))
		MUST(begins(name, selector_prefix(selector)));
	selector_free(selector);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	const char *end = size == 0 ? NULL : memchr(at, '\n', size);
	struct span pattern = span(at, end == NULL ? size : (size_t)(end - at));
	struct span name = end == NULL ? span(at, size)
				       : span(end + 1, size - pattern.len - 1);

	if (name.len <= 3200 && selector_fault(pattern) == NULL)
		match(pattern, name);
	return 0;
}
