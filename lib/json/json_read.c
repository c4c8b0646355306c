/* SPDX-License-Identifier: MIT */
/*
 * json_read - text becomes json-c's values
 *
 * json-c's own reader is not asked: each version takes something else (up to
 * 0.16 single quotes, NaN and overlong UTF-8; in 0.18 no letter beyond ASCII).
 * So strict_json judges the text before it is walked through here.
 */
#include <config.h>

#include "lib/json/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lines.h"
#include "lib/log.h"
#include "lib/text.h"

struct walk {
	const char *at; /* in a checked text, which outlives it */
	const char *end;
	bool unfit; /* something was read that json-c cannot hold */
};

static struct json_object *read_value(struct walk *walk);

static struct json_object *made(struct json_object *value)
{
	if (value == NULL)
		log_fatalx(LINE_NO_MEMORY_READ);
	return value;
}

static void skip_space(struct walk *walk)
{
	while (walk->at < walk->end && json_is_space(*walk->at))
		walk->at++;
}

/* Past a comma and space, if they stand there. */
static void next(struct walk *walk)
{
	skip_space(walk);
	if (*walk->at == ',')
		walk->at++;
	skip_space(walk);
}

static struct span take_string(struct walk *walk)
{
	const char *begin = walk->at++;

	while (*walk->at != '"')
		walk->at += *walk->at == '\\' ? 2 : 1;
	walk->at++;
	return span(begin, (size_t)(walk->at - begin));
}

static struct json_object *read_string(struct walk *walk)
{
	struct json_object *string;
	struct buf text = {0};

	json_decode(&text, take_string(walk));
	string = made(json_object_new_string_len(
		text.len == 0 ? "" : text.at, (int)text.len));
	buf_release(&text);
	return string;
}

/* A name ends at a NUL for json-c: it would be another one. */
static bool take_name(struct walk *walk, struct buf *name)
{
	json_decode(name, take_string(walk));
	if (name->len > 0 && memchr(name->at, '\0', name->len) != NULL)
		walk->unfit = true;
	buf_add_char(name, '\0');
	return !walk->unfit;
}

static struct json_object *read_object(struct walk *walk)
{
	struct json_object *object = made(json_object_new_object());
	struct buf name = {0};

	walk->at++;
	skip_space(walk);
	while (!walk->unfit && *walk->at != '}') {
		buf_clear(&name);
		if (!take_name(walk, &name))
			break;
		skip_space(walk);
		walk->at++; /* the colon */
		skip_space(walk);
		if (json_object_object_add(object, name.at, read_value(walk)) !=
			0)
			log_fatalx(LINE_NO_MEMORY_READ);
		next(walk);
	}
	walk->at++;
	buf_release(&name);
	return object;
}

static struct json_object *read_list(struct walk *walk)
{
	struct json_object *list = made(json_object_new_array());

	walk->at++;
	skip_space(walk);
	while (!walk->unfit && *walk->at != ']') {
		if (json_object_array_add(list, read_value(walk)) != 0)
			log_fatalx(LINE_NO_MEMORY_READ);
		next(walk);
	}
	walk->at++;
	return list;
}

/* A whole number as far as 64 bits go; any other keeps its digits only. */
static struct json_object *number_of(const char *digits)
{
	bool negative = digits[0] == '-';
	char *end;

	errno = 0;
	if (negative && strcmp(digits, "-0") != 0) {
		int64_t number = strtoll(digits, &end, 10);

		if (errno == 0 && *end == '\0')
			return json_object_new_int64(number);
	} else if (!negative) {
		uint64_t number = strtoull(digits, &end, 10);

		if (errno == 0 && *end == '\0')
			return json_object_new_uint64(number);
	}
	return json_object_new_double_s(0, digits);
}

static struct json_object *read_number(struct walk *walk)
{
	struct json_object *number;
	struct buf digits = {0};

	while (walk->at < walk->end && strchr("+-.eE0123456789", *walk->at))
		buf_add_char(&digits, *walk->at++);
	buf_add_char(&digits, '\0');
	number = made(number_of(digits.at));
	buf_release(&digits);
	return number;
}

static struct json_object *read_value(struct walk *walk)
{
	switch (*walk->at) {
	case '{':
		return read_object(walk);
	case '[':
		return read_list(walk);
	case '"':
		return read_string(walk);
	case 't':
		walk->at += strlen("true");
		return made(json_object_new_boolean(true));
	case 'f':
		walk->at += strlen("false");
		return made(json_object_new_boolean(false));
	case 'n':
		walk->at += strlen("null");
		return NULL;
	default:
		return read_number(walk);
	}
}

struct json_object *json_parse(struct span text)
{
	struct walk walk = {text.at, text.at + text.len, false};
	struct json_object *value;
	struct json_fault fault;

	if (text.len > INT_MAX || !strict_json(text, &fault))
		return NULL;
	skip_space(&walk);
	if (*walk.at != '{' && *walk.at != '[')
		return NULL;
	value = read_value(&walk);
	if (walk.unfit) {
		json_object_put(value);
		return NULL;
	}
	return value;
}
