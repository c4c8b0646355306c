/* SPDX-License-Identifier: MIT */
/*
 * fuzz_percent - any bytes as text with percent signs
 *
 * Compared with a decoder that looks at nothing but one sign after the other;
 * and whatever the command encodes is the same once the responder has decoded
 * it.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "client/http/url.h"
#include "fcgi/http/query.h"
#include "tests/fuzz/fuzz.h"

static int nibble(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits) & 15;
}

static bool plain_decode(struct buf *out, struct span text, char plus)
{
	size_t i = 0;

	while (i < text.len) {
		if (text.at[i] != '%') {
			buf_add_char(
				out, text.at[i] == '+' ? plus : text.at[i]);
			i++;
			continue;
		}
		if (text.len - i < 3 || nibble(text.at[i + 1]) < 0 ||
			nibble(text.at[i + 2]) < 0)
			return false;
		buf_add_char(out, (char)(nibble(text.at[i + 1]) * 16 +
					  nibble(text.at[i + 2])));
		i += 3;
	}
	return true;
}

static void compare(
	struct span text, char plus, bool (*decode)(struct buf *, struct span))
{
	struct buf want = {0};
	struct buf have = {0};
	bool good = plain_decode(&want, text, plus);

	buf_add(&have, "kept", 4);
	MUST(decode(&have, text) == good);
	MUST(memcmp(have.at, "kept", 4) == 0);
	if (good)
		MUST(span_equal(
			span(have.at + 4, have.len - 4), buf_span(&want)));
	buf_release(&want);
	buf_release(&have);
}

static void there_and_back(struct span text)
{
	struct buf coded = {0};
	struct buf path = {0};
	struct buf value = {0};
	struct span rest;
	struct pair pair;

	url_encode(&coded, text);
	rest = buf_span(&coded);
	MUST(query_next(&rest, &pair) == (text.len > 0));
	if (text.len > 0) {
		MUST(rest.len == 0 && !pair.has_value);
		MUST(query_decode(&path, pair.name));
		MUST(query_decode_value(&value, pair.name));
	}
	MUST(span_equal(buf_span(&path), text));
	MUST(span_equal(buf_span(&value), text));
	buf_release(&coded);
	buf_release(&path);
	buf_release(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span(data, size);

	compare(text, '+', query_decode);
	compare(text, ' ', query_decode_value);
	there_and_back(text);
	return 0;
}
