/* SPDX-License-Identifier: MIT */
/*
 * json_text - JSON as text, most of all its strings
 */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/json.h"
#include "lib/text.h"

/* ---- in */

bool json_is_string(struct span value)
{
	return value.len > 0 && value.at[0] == '"';
}

bool json_says(struct span value, const char *text)
{
	struct buf decoded = {0};
	bool same;

	if (!json_is_string(value))
		return false;
	json_decode(&decoded, value);
	same = span_is(buf_span(&decoded), text);
	buf_release(&decoded);
	return same;
}

/* The end of the string that begins at `at`. */
static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* Up to what is neither space nor one of the list's own marks. */
static void skip_marks(struct span *list)
{
	while (list->len > 0 && (json_is_space(*list->at) || *list->at == '[' ||
					*list->at == ',')) {
		list->at++;
		list->len--;
	}
}

bool json_next_string(struct span *list, struct span *string)
{
	const char *end = list->at + list->len;

	skip_marks(list);
	if (!json_is_string(*list))
		return false;
	string->at = list->at;
	list->at = string_end(list->at, end);
	string->len = (size_t)(list->at - string->at);
	list->len = (size_t)(end - list->at);
	return true;
}

bool json_is_strings(struct span value)
{
	struct span list = value, string;

	if (value.len == 0 || value.at[0] != '[')
		return false;
	while (json_next_string(&list, &string))
		;
	return list.len == 1; /* the closing bracket */
}

bool json_is_list(struct span value)
{
	return value.len > 0 && value.at[0] == '[';
}

/* The end of the object or list that begins at `at`; *depth is how many are
 * within each other, itself included. */
static const char *nested_end(const char *at, const char *end, unsigned *depth)
{
	unsigned open = 0;

	*depth = 0;
	while (at < end) {
		if (*at == '"') {
			at = string_end(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			open++;
		if (open > *depth)
			*depth = open;
		if (*at == '}' || *at == ']')
			open--;
		at++;
		if (open == 0)
			break;
	}
	return at;
}

static const char *value_end(const char *at, const char *end)
{
	unsigned depth;

	if (*at == '"')
		return string_end(at, end);
	if (*at == '{' || *at == '[')
		return nested_end(at, end, &depth);
	while (at < end && !json_is_space(*at) && *at != ',' && *at != ']')
		at++;
	return at;
}

bool json_next(struct span *list, struct span *value)
{
	const char *end = list->at + list->len;
	bool first = list->len > 0 && *list->at == '[';

	if (first)
		*list = span(list->at + 1, list->len - 1);
	while (list->len > 0 && (json_is_space(*list->at) || *list->at == ','))
		*list = span(list->at + 1, list->len - 1);
	if (list->len == 0 || *list->at == ']')
		return false;
	value->at = list->at;
	list->at = value_end(list->at, end);
	value->len = (size_t)(list->at - value->at);
	list->len = (size_t)(end - list->at);
	return true;
}

unsigned json_depth(struct span value)
{
	unsigned depth;

	while (value.len > 0 && json_is_space(*value.at))
		value = span(value.at + 1, value.len - 1);
	nested_end(value.at, value.at + value.len, &depth);
	return depth;
}

static unsigned code_unit(const char *digits)
{
	char text[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};

	return (unsigned)strtoul(text, NULL, 16);
}

static void add_utf8(struct buf *out, unsigned point)
{
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	int len = point < 0x80	    ? 1
		  : point < 0x800   ? 2
		  : point < 0x10000 ? 3
				    : 4;

	buf_add_char(out, (char)(leads[len] | point >> 6 * (len - 1)));
	while (--len > 0)
		buf_add_char(
			out, (char)(0x80 | (point >> 6 * (len - 1) & 0x3f)));
}

/* What stands at `at`, after the backslash; returns how long it is. */
static size_t unescape(struct buf *out, const char *at)
{
	static const char escapes[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *found = strchr(escapes, *at);
	unsigned unit;

	if (*at != 'u') {
		buf_add_char(out, found == NULL ? *at : meant[found - escapes]);
		return 1;
	}
	unit = code_unit(at + 1);
	if (unit < 0xd800 || unit > 0xdfff) {
		add_utf8(out, unit);
		return 5;
	}
	add_utf8(out,
		0x10000 + ((unit & 0x3ff) << 10) + (code_unit(at + 7) & 0x3ff));
	return 11;
}

void json_decode(struct buf *out, struct span value)
{
	assert(value.len >= 2 && value.at[0] == '"');
	for (size_t i = 1; i + 1 < value.len;) {
		const char *escape =
			memchr(value.at + i, '\\', value.len - 1 - i);
		size_t plain = escape == NULL ? value.len - 1 - i
					      : (size_t)(escape - value.at) - i;

		buf_add(out, value.at + i, plain);
		i += plain;
		if (escape != NULL)
			i += 1 + unescape(out, escape + 1);
	}
}

void json_minify(struct buf *out, struct span value)
{
	char *to = buf_reserve(out, value.len);
	bool in_string = false;
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (!in_string && json_is_space(c))
			continue;
		to[len++] = c;
		if (c == '"')
			in_string = !in_string;
		else if (c == '\\')
			to[len++] = value.at[++i];
	}
	out->len += len;
}

/* ---- out */

/* Appends `text` with U+FFFD for each byte that is no UTF-8. */
static void add_mended(struct buf *out, struct span text)
{
	struct span good;

	while (!text_is_utf8(text, &good.len)) {
		good.at = text.at;
		/* without the begin of the sequence that breaks there */
		while (!text_is_utf8(good, NULL))
			good.len--;
		buf_add_span(out, good);
		buf_add(out, "\xef\xbf\xbd", 3);
		text = span(text.at + good.len + 1, text.len - good.len - 1);
	}
	buf_add_span(out, text);
}

static void quote(struct buf *out, struct span text)
{
	static const char names[] = "\b\f\n\r\t\"\\";
	static const char letters[] = "bfnrt\"\\";

	buf_add_char(out, '"');
	for (size_t i = 0, from = 0; i <= text.len; i++) {
		unsigned char c = i < text.len ? (unsigned char)text.at[i] : 0;
		const char *name;

		if (i < text.len && c >= ' ' && c != '"' && c != '\\')
			continue;
		if (i > from)
			buf_add(out, text.at + from, i - from);
		from = i + 1;
		if (i == text.len)
			break;
		name = c == 0 ? NULL : strchr(names, c);
		if (name != NULL)
			buf_printf(out, "\\%c", letters[name - names]);
		else
			buf_printf(out, "\\u%04x", c);
	}
	buf_add_char(out, '"');
}

void json_quote(struct buf *out, struct span text)
{
	struct buf mended = {0};

	if (text_is_utf8(text, NULL)) {
		quote(out, text);
		return;
	}
	add_mended(&mended, text);
	quote(out, buf_span(&mended));
	buf_release(&mended);
}
