/*
 * json - strings decoded, answers composed and read
 */
#include <config.h>

#include "lib/json.h"

#include <assert.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

/* ---- in */

bool json_is_string(struct span value)
{
	return value.len > 0 && value.at[0] == '"';
}

static unsigned code_unit(const char *digits)
{
	char text[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};

	return (unsigned)strtoul(text, NULL, 16);
}

/* json-c would silently put U+FFFD where half a pair is. */
static bool pairs_are_whole(struct span value)
{
	bool expect_low = false;

	for (size_t i = 1; i + 1 < value.len; i++) {
		unsigned unit = 0;

		if (value.at[i] == '\\' && value.at[++i] == 'u') {
			unit = code_unit(value.at + i + 1);
			i += 4;
		}
		if (expect_low != (unit >= 0xdc00 && unit <= 0xdfff))
			return false;
		expect_low = unit >= 0xd800 && unit <= 0xdbff;
	}
	return !expect_low;
}

bool json_decode(struct buf *out, struct span value)
{
	struct json_tokener *tokener;
	struct json_object *text;

	assert(value.len >= 2 && value.at[0] == '"');
	if (memchr(value.at, '\\', value.len) == NULL) {
		buf_add(out, value.at + 1, value.len - 2);
		return true;
	}
	if (!pairs_are_whole(value))
		return false;
	tokener = json_tokener_new();
	text = json_tokener_parse_ex(tokener, value.at, (int)value.len);
	assert(json_object_is_type(text, json_type_string));
	buf_add(out, json_object_get_string(text),
		(size_t)json_object_get_string_len(text));
	json_object_put(text);
	json_tokener_free(tokener);
	return true;
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

/* ---- in: answers */

static struct json_object *parse(struct span text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *value = NULL;

	json_tokener_set_flags(
		tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	if (text.len > 0 && text.len <= INT_MAX)
		value = json_tokener_parse_ex(tokener, text.at, (int)text.len);
	/* A number may go on: only a further byte ends it. */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		value = json_tokener_parse_ex(tokener, " ", 1);
	else if (value != NULL &&
		 json_tokener_get_parse_end(tokener) != text.len) {
		json_object_put(value);
		value = NULL;
	}
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(value);
		value = NULL;
	}
	json_tokener_free(tokener);
	return value;
}

struct json_object *json_parse(struct span text)
{
	struct json_object *value;

	while (text.len > 0 && json_is_space(text.at[text.len - 1]))
		text.len--;
	value = parse(text);
	if (json_object_is_type(value, json_type_object) ||
		json_object_is_type(value, json_type_array))
		return value;
	json_object_put(value);
	return NULL;
}

void json_free(struct json_object *object)
{
	json_object_put(object);
}

bool json_is_valid(struct span text)
{
	struct json_object *list;
	struct buf wrapped = {0};

	/* json-c returns NULL for null as well: in a list that is told apart */
	buf_add_char(&wrapped, '[');
	buf_add_span(&wrapped, text);
	buf_add_char(&wrapped, ']');
	list = json_parse(buf_span(&wrapped));
	buf_release(&wrapped);
	if (json_length(list) != 1) {
		json_free(list);
		return false;
	}
	json_free(list);
	return true;
}

struct json_object *json_member(struct json_object *object, const char *name)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
		!json_object_object_get_ex(object, name, &member))
		return NULL;
	return member;
}

size_t json_length(struct json_object *list)
{
	return json_object_is_type(list, json_type_array)
		       ? json_object_array_length(list)
		       : 0;
}

struct json_object *json_item(struct json_object *list, size_t index)
{
	return json_object_array_get_idx(list, index);
}

bool json_text(struct json_object *object, const char *name, struct span *text)
{
	struct json_object *member = json_member(object, name);

	if (!json_object_is_type(member, json_type_string))
		return false;
	*text = span(json_object_get_string(member),
		(size_t)json_object_get_string_len(member));
	return true;
}

uint64_t json_number(struct json_object *object, const char *name)
{
	struct json_object *member = json_member(object, name);
	uint64_t number = 0;
	struct span text;

	if (json_object_is_type(member, json_type_int))
		return json_object_get_uint64(member);
	if (json_text(object, name, &text))
		text_to_u64(text, &number);
	return number;
}

bool json_is_true(struct json_object *object, const char *name)
{
	return json_object_get_boolean(json_member(object, name)) != 0;
}

/* ---- out */

struct json_object *json_new(void)
{
	return json_object_new_object();
}

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

static struct json_object *new_text(struct span text)
{
	struct buf mended = {0};
	struct json_object *string;

	add_mended(&mended, text);
	string = json_object_new_string_len(
		mended.len == 0 ? "" : mended.at, (int)mended.len);
	buf_release(&mended);
	return string;
}

void json_add_text(
	struct json_object *object, const char *name, struct span text)
{
	json_object_object_add(object, name, new_text(text));
}

void json_quote(struct buf *out, struct span text)
{
	struct json_object *string = new_text(text);

	buf_add_span(out, span_of(json_object_to_json_string_ext(string,
				  JSON_C_TO_STRING_PLAIN |
					  JSON_C_TO_STRING_NOSLASHESCAPE)));
	json_object_put(string);
}

void json_add_number(
	struct json_object *object, const char *name, uint64_t number)
{
	json_object_object_add(object, name, json_object_new_uint64(number));
}

void json_add_decimal(
	struct json_object *object, const char *name, double number)
{
	char digits[40];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%.3f", number);

	while (digits[len - 1] == '0')
		digits[--len] = '\0';
	if (digits[len - 1] == '.')
		digits[len - 1] = '\0';
	json_object_object_add(
		object, name, json_object_new_double_s(number, digits));
}

void json_add_bool(struct json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
}

void json_add_id(struct json_object *object, const char *name, uint64_t id)
{
	char digits[24];

	if (id == 0) {
		json_object_object_add(object, name, NULL);
		return;
	}
	snprintf(digits, sizeof(digits), "%" PRIu64, id);
	json_object_object_add(object, name, json_object_new_string(digits));
}

struct json_object *json_add_list(struct json_object *object, const char *name)
{
	struct json_object *list = json_object_new_array();

	json_object_object_add(object, name, list);
	return list;
}

struct json_object *json_add_item(struct json_object *list)
{
	struct json_object *item = json_object_new_object();

	json_object_array_add(list, item);
	return item;
}

void json_write(struct json_object *object, struct buf *out)
{
	size_t len;
	const char *text = json_object_to_json_string_length(object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	buf_add(out, text, len);
	buf_add_char(out, '\n');
}

void json_end(struct json_object *object, struct buf *out)
{
	json_write(object, out);
	json_object_put(object);
}
