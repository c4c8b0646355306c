/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/run/percent.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number that ends before `end`, or -1. */
static double number_before(struct span line, size_t end)
{
	size_t at = end;
	char text[16] = "";

	while (at > 0 && (is_digit(line.at[at - 1]) || line.at[at - 1] == '.'))
		at--;
	if (at == end || end - at >= sizeof(text) || !is_digit(line.at[at]))
		return -1;
	memcpy(text, line.at + at, end - at);
	return strtod(text, NULL);
}

/* The last one counts: a bar is redrawn on the same line. */
static double last_percent(struct span line)
{
	double found = -1;

	for (size_t i = 0; i < line.len; i++) {
		size_t end = i;
		double number;

		if (line.at[i] != '%')
			continue;
		if (end > 0 && line.at[end - 1] == ' ')
			end--;
		number = number_before(line, end);
		if (number >= 0 && number <= 100)
			found = number;
	}
	return found;
}

/* "[3/10]", as builders count their steps. */
static double counted(struct span line)
{
	char text[32] = "";
	unsigned done, all;
	char close;

	if (line.len == 0 || line.at[0] != '[')
		return -1;
	memcpy(text, line.at,
		line.len < sizeof(text) ? line.len : sizeof(text) - 1);
	if (sscanf(text, "[ %u / %u %c", &done, &all, &close) != 3 ||
		close != ']' || all == 0 || done > all)
		return -1;
	return 100.0 * done / all;
}

double percent_in(struct span line)
{
	double found = last_percent(line);

	return found >= 0 ? found : counted(line);
}

/* ESC [ ... letter; the length, 0 if there is none. */
static size_t escape_length(struct span text)
{
	size_t len = 2;

	if (text.len < 2 || text.at[0] != '\033')
		return 0;
	if (text.at[1] != '[')
		return 2;
	while (len < text.len && (text.at[len] < '@' || text.at[len] > '~'))
		len++;
	return len < text.len ? len + 1 : len;
}

void percent_strip(struct buf *out, struct span line)
{
	while (line.len > 0) {
		size_t skip = escape_length(line);

		if (skip == 0) {
			unsigned char c = (unsigned char)line.at[0];

			if (c >= ' ' || c == '\t')
				buf_add_char(out, (char)c);
			skip = 1;
		}
		line = span(line.at + skip, line.len - skip);
	}
}
