/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/escape.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/text.h"

/* Would a terminal obey it, or show what follows in another order? */
static bool commands(uint32_t code)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0x00, 0x1f}, {0x7f, 0x9f}, /* some terminals obey these, too */
		{0x2028, 0x202e}, /* ends of lines; overrides of direction */
		{0x2066, 0x2069}, /* isolates of direction */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].from && code <= ranges[i].to)
			return true;
	return false;
}

static void add_character(struct buf *out, struct span character, uint32_t code)
{
	if (code == '\t' || !commands(code))
		buf_add_span(out, character);
	else if (code < ' ')
		buf_printf(out, "\\x%02x", (unsigned)code);
	else
		buf_printf(out, "\\u%04x", (unsigned)code);
}

void escape_add(struct buf *out, struct span text)
{
	while (text.len > 0) {
		uint32_t code;
		size_t len = text_character(text, &code);

		if (len > 0) {
			add_character(out, span(text.at, len), code);
		} else {
			len = 1;
			buf_printf(out, "\\x%02x", (unsigned char)*text.at);
		}
		text = span(text.at + len, text.len - len);
	}
}

void escape_add_lines(struct buf *out, struct span text)
{
	while (text.len > 0) {
		size_t len = 0;

		while (len < text.len && text.at[len] != '\n')
			len++;
		escape_add(out, span(text.at, len));
		if (len < text.len)
			buf_add_char(out, text.at[len++]);
		text = span(text.at + len, text.len - len);
	}
}
