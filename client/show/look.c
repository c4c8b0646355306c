/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/look.h"

#include <stdint.h>

void look_add(struct buf *out, bool colour, enum look look, struct span text)
{
	static const char *const codes[] = {
		[LOOK_DIM] = "2",
		[LOOK_BOLD] = "1",
		[LOOK_GOOD] = "32",
		[LOOK_WARN] = "33",
		[LOOK_BAD] = "1;31",
		[LOOK_NAMES] = "36",
		"35",
		"34",
		"96",
		"95",
	};

	colour = colour && look != LOOK_PLAIN && text.len > 0;
	if (colour)
		buf_printf(out, "\033[%sm", codes[look]);
	buf_add_span(out, text);
	if (colour)
		buf_add_span(out, span_of("\033[0m"));
}

enum look look_of_name(struct span name)
{
	uint32_t sum = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < name.len; i++)
		sum = (sum ^ (unsigned char)name.at[i]) * 16777619u;
	return (enum look)(LOOK_NAMES + sum % LOOK_HUES);
}

/* The next character, and how many bytes it has. */
static uint32_t letter(struct span text, size_t *len)
{
	unsigned char first = (unsigned char)text.at[0];
	uint32_t code = first;

	*len = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (*len > text.len)
		*len = text.len;
	if (*len > 1)
		code = first & (0x7fu >> *len);
	for (size_t i = 1; i < *len; i++)
		code = code << 6 | ((unsigned char)text.at[i] & 0x3f);
	return code;
}

/* What East Asia and emoji are drawn with is two columns wide. */
static size_t columns(uint32_t code)
{
	static const uint32_t wide[][2] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},
		{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
		{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
		{0x1f680, 0x1faff}, {0x20000, 0x3fffd}};

	if ((code >= 0x300 && code <= 0x36f) || code == 0x200d ||
		(code >= 0xfe00 && code <= 0xfe0f))
		return 0;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (code >= wide[i][0] && code <= wide[i][1])
			return 2;
	return 1;
}

size_t look_width(struct span text)
{
	size_t width = 0, len;

	for (; text.len > 0; text = span(text.at + len, text.len - len))
		width += columns(letter(text, &len));
	return width;
}

void look_pad(struct buf *out, struct span text, size_t width)
{
	for (size_t have = look_width(text); have < width; have++)
		buf_add_char(out, ' ');
}

void look_cut(struct buf *out, struct span text, size_t width)
{
	size_t room = width, len;

	if (look_width(text) <= width) {
		buf_add_span(out, text);
		return;
	}
	for (; text.len > 0; text = span(text.at + len, text.len - len)) {
		size_t wide = columns(letter(text, &len));

		if (wide + 1 > room)
			break;
		buf_add_span(out, span(text.at, len));
		room -= wide;
	}
	if (width > 0)
		buf_add_span(out, span_of("…"));
}
