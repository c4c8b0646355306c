/* SPDX-License-Identifier: MIT */
/*
 * One recursive descent, at most JSON_DEPTH deep.  The first thing wrong ends
 * it.
 */
#include <config.h>

#include "lib/json/strict_json.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json/json_names.h"
#include "lib/text.h"

struct reader {
	const char *begin, *at, *end;
	unsigned depth;
	struct json_names names;
	json_on_member *member; /* NULL = any value will do */
	void *arg;
	struct json_fault *fault;
};

static bool read_value(struct reader *reader);

static bool wrong_at(struct reader *reader, const char *at, const char *why)
{
	reader->fault->at = (size_t)(at - reader->begin);
	reader->fault->why = why;
	return false;
}

static bool wrong(struct reader *reader, const char *why)
{
	return wrong_at(reader, reader->at, why);
}

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end && json_is_space(*reader->at))
		reader->at++;
}

/* The next byte, NUL at the end (a NUL byte is wrong everywhere, too). */
static char peek(const struct reader *reader)
{
	if (reader->at == reader->end)
		return '\0';
	return *reader->at;
}

static bool accept(struct reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool read_unit(struct reader *reader, unsigned *unit)
{
	char digits[5] = "";

	for (int i = 0; i < 4; i++, reader->at++) {
		if (!is_hex(peek(reader)))
			return wrong(
				reader, "four hexadecimal digits belong here");
		digits[i] = *reader->at;
	}
	*unit = (unsigned)strtoul(digits, NULL, 16);
	return true;
}

/* What follows `\u`; a character beyond U+FFFF is written as two of them. */
static bool read_unicode(struct reader *reader)
{
	const char *begin = reader->at - 2;
	unsigned high, low = 0;

	if (!read_unit(reader, &high))
		return false;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high <= 0xdbff && accept(reader, '\\') && accept(reader, 'u') &&
		!read_unit(reader, &low))
		return false;
	if (low >= 0xdc00 && low <= 0xdfff)
		return true;
	reader->fault->half = true;
	return wrong_at(reader, begin,
		"half a surrogate pair: \\ud800 to \\udbff go before \\udc00 "
		"to \\udfff, and neither stands alone");
}

static bool read_escape(struct reader *reader)
{
	if (accept(reader, 'u'))
		return read_unicode(reader);
	if (peek(reader) == '\0' || strchr("\"\\/bfnrt", *reader->at) == NULL)
		return wrong(reader, "there is no such escape");
	reader->at++;
	return true;
}

static bool read_string(struct reader *reader)
{
	if (!accept(reader, '"'))
		return wrong(reader, "a string in double quotes belongs here");
	while (reader->at < reader->end) {
		unsigned char c = (unsigned char)*reader->at;

		if (c < ' ')
			return wrong(reader, "a control character in a string "
					     "must be escaped");
		reader->at++;
		if (c == '"')
			return true;
		if (c == '\\' && !read_escape(reader))
			return false;
	}
	return wrong(reader, "a string does not end");
}

static bool read_digits(struct reader *reader)
{
	if (!is_digit(peek(reader)))
		return wrong(reader, "a digit belongs here");
	while (is_digit(peek(reader)))
		reader->at++;
	return true;
}

static bool read_number(struct reader *reader)
{
	accept(reader, '-');
	if (accept(reader, '0')) {
		if (is_digit(peek(reader)))
			return wrong(reader, "a number has a leading zero");
	} else if (!read_digits(reader)) {
		return false;
	}
	if (accept(reader, '.') && !read_digits(reader))
		return false;
	if (accept(reader, 'e') || accept(reader, 'E')) {
		if (!accept(reader, '+'))
			accept(reader, '-');
		return read_digits(reader);
	}
	return true;
}

static bool read_word(struct reader *reader, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(reader->end - reader->at) < len ||
		memcmp(reader->at, word, len) != 0)
		return wrong(reader, "a value belongs here");
	reader->at += len;
	return true;
}

static bool read_member(struct reader *reader)
{
	struct span name, value;

	skip_space(reader);
	name.at = reader->at;
	if (!read_string(reader))
		return false;
	name.len = (size_t)(reader->at - name.at);
	json_names_add(&reader->names, name);
	skip_space(reader);
	if (!accept(reader, ':'))
		return wrong(reader, "a colon belongs here");
	skip_space(reader);
	value.at = reader->at;
	if (!read_value(reader))
		return false;
	value.len = (size_t)(reader->at - value.at);
	if (reader->depth == 1 && reader->member != NULL)
		reader->member(reader->arg, name, value);
	skip_space(reader);
	return true;
}

static bool read_members(struct reader *reader)
{
	skip_space(reader);
	if (accept(reader, '}'))
		return true;
	do {
		if (!read_member(reader))
			return false;
	} while (accept(reader, ','));
	if (!accept(reader, '}'))
		return wrong(
			reader, "a comma or the object's end belongs here");
	return true;
}

static bool read_object(struct reader *reader)
{
	size_t first = reader->names.count;
	const char *twice;

	reader->at++;
	if (!read_members(reader))
		return false;
	twice = json_names_end(&reader->names, first);
	if (twice != NULL)
		return wrong_at(reader, twice, "a name is there twice");
	return true;
}

static bool read_array(struct reader *reader)
{
	reader->at++;
	skip_space(reader);
	if (accept(reader, ']'))
		return true;
	do {
		skip_space(reader);
		if (!read_value(reader))
			return false;
		skip_space(reader);
	} while (accept(reader, ','));
	if (!accept(reader, ']'))
		return wrong(reader, "a comma or the array's end belongs here");
	return true;
}

static bool read_nested(struct reader *reader)
{
	bool good;

	if (reader->depth == JSON_DEPTH)
		return wrong(reader, "nested more than 32 deep");
	reader->depth++;
	good = peek(reader) == '{' ? read_object(reader) : read_array(reader);
	reader->depth--;
	return good;
}

static bool read_value(struct reader *reader)
{
	switch (peek(reader)) {
	case '{':
	case '[':
		return read_nested(reader);
	case '"':
		return read_string(reader);
	case 't':
		return read_word(reader, "true");
	case 'f':
		return read_word(reader, "false");
	case 'n':
		return read_word(reader, "null");
	default:
		if (peek(reader) != '-' && !is_digit(peek(reader)))
			return wrong(reader, "a value belongs here");
		return read_number(reader);
	}
}

/* With its mark, or by the NUL beside each letter of ASCII. */
static bool is_utf16(struct span text)
{
	return text.len >= 2 &&
	       (memcmp(text.at, "\xff\xfe", 2) == 0 ||
		       memcmp(text.at, "\xfe\xff", 2) == 0 ||
		       (text.at[0] == '\0') != (text.at[1] == '\0'));
}

static bool is_unicode(struct reader *reader)
{
	struct span text = span(reader->at, (size_t)(reader->end - reader->at));
	size_t bad;

	if (is_utf16(text))
		return wrong(reader, "this is UTF-16, and must be UTF-8");
	if (!text_is_utf8(text, &bad))
		return wrong_at(reader, reader->begin + bad, "no UTF-8");
	if (json_unmarked(text).len < text.len)
		return wrong(reader, "a byte order mark (U+FEFF) may stand "
				     "once, before all else");
	return true;
}

static bool read_text(struct reader *reader)
{
	if (!is_unicode(reader))
		return false;
	skip_space(reader);
	if (reader->member != NULL && peek(reader) != '{')
		return wrong(reader, "an object belongs here");
	if (!read_value(reader))
		return false;
	skip_space(reader);
	if (reader->at < reader->end)
		return wrong(reader, reader->member != NULL
					     ? "something follows the object"
					     : "something follows the value");
	return true;
}

struct span json_unmarked(struct span text)
{
	if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		return span(text.at + 3, text.len - 3);
	return text;
}

bool strict_json_object(struct span text, json_on_member *member, void *arg,
	struct json_fault *fault)
{
	struct reader reader = {
		.begin = text.len == 0 ? "" : text.at,
		.member = member,
		.arg = arg,
		.fault = fault,
	};
	bool good;

	fault->half = false;
	reader.at = reader.begin;
	reader.end = reader.begin + text.len;
	good = read_text(&reader);
	json_names_release(&reader.names);
	return good;
}

bool strict_json(struct span text, struct json_fault *fault)
{
	return strict_json_object(text, NULL, NULL, fault);
}
