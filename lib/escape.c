/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/escape.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/text.h"

/* Of the character that begins the text; 1 if none does. */
static size_t length_of(struct span text)
{
	unsigned char c = (unsigned char)text.at[0];
	size_t len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	size_t bad;

	if (len > text.len || !text_is_utf8(span(text.at, len), &bad))
		return 1;
	return len;
}

static uint32_t code_of(struct span character)
{
	uint32_t code = (unsigned char)character.at[0];

	if (character.len > 1)
		code &= 0x7fu >> character.len;
	for (size_t i = 1; i < character.len; i++)
		code = code << 6 | ((unsigned char)character.at[i] & 0x3f);
	return code;
}

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

static void add_character(struct buf *out, struct span character)
{
	uint32_t code = code_of(character);
	bool broken = character.len == 1 && code >= 0x80;

	if (broken || (code < ' ' && code != '\t'))
		buf_printf(out, "\\x%02x", (unsigned)code);
	else if (code != '\t' && commands(code))
		buf_printf(out, "\\u%04x", (unsigned)code);
	else
		buf_add_span(out, character);
}

void escape_add(struct buf *out, struct span text)
{
	while (text.len > 0) {
		size_t len = length_of(text);

		add_character(out, span(text.at, len));
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
