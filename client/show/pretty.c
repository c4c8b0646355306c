/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/pretty.h"

#include "lib/json/json.h"
#include "lib/json/strict_json.h"

static void begin_line(struct buf *out, size_t depth)
{
	buf_add_char(out, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_add_span(out, span_of("  "));
}

/* The string at the beginning of `text`, with its quotes. */
static size_t string_length(struct span text)
{
	size_t len = 1;

	while (text.at[len] != '"')
		len += text.at[len] == '\\' ? 2 : 1;
	return len + 1;
}

/* `text` is JSON without spaces. */
static void add_lines(struct buf *out, struct span text)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool opens = c == '{' || c == '[',
		     closes = c == '}' || c == ']';
		size_t len = 1;

		if (c == '"')
			len = string_length(span(text.at + i, text.len - i));
		if (closes && text.at[i - 1] != '{' && text.at[i - 1] != '[')
			begin_line(out, depth - 1);
		depth -= closes;
		depth += opens;
		buf_add_span(out, span(text.at + i, len));
		i += len - 1;
		if (c == ':')
			buf_add_char(out, ' ');
		if (c == ',' || (opens && text.at[i + 1] != '}' &&
					text.at[i + 1] != ']'))
			begin_line(out, depth);
	}
}

void pretty_add(struct buf *out, struct span text)
{
	struct span data = json_unmarked(text);
	struct json_fault fault;
	struct buf small = {0};

	if (!strict_json(data, &fault)) {
		buf_add_span(out, text);
		return;
	}
	json_minify(&small, data);
	add_lines(out, buf_span(&small));
	buf_release(&small);
}
