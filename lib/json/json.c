/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/json/json.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "lib/lines.h"
#include "lib/log.h"
#include "lib/text.h"

/* ---- in: answers; json_read.c takes them apart */

void json_free(struct json_object *object)
{
	json_object_put(object);
}

static struct json_object *member_of(
	struct json_object *object, const char *name)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
		!json_object_object_get_ex(object, name, &member))
		return NULL;
	return member;
}

struct json_object *json_list(struct json_object *object, const char *name)
{
	struct json_object *list = member_of(object, name);

	return json_object_is_type(list, json_type_array) ? list : NULL;
}

size_t json_length(struct json_object *list)
{
	return json_object_is_type(list, json_type_array)
		       ? json_object_array_length(list)
		       : 0;
}

struct json_object *json_item(struct json_object *list, size_t index)
{
	return index < json_length(list)
		       ? json_object_array_get_idx(list, index)
		       : NULL;
}

bool json_text(struct json_object *object, const char *name, struct span *text)
{
	struct json_object *member = member_of(object, name);

	if (!json_object_is_type(member, json_type_string))
		return false;
	*text = span(json_object_get_string(member),
		(size_t)json_object_get_string_len(member));
	return true;
}

bool json_has(struct json_object *object, const char *name)
{
	return json_object_is_type(object, json_type_object) &&
	       json_object_object_get_ex(object, name, NULL);
}

bool json_number(struct json_object *object, const char *name, uint64_t *number)
{
	struct json_object *member = member_of(object, name);

	*number = 0;
	if (!json_object_is_type(member, json_type_int) ||
		json_object_get_int64(member) < 0)
		return false;
	*number = json_object_get_uint64(member);
	return true;
}

bool json_id(struct json_object *object, const char *name, uint64_t *id)
{
	struct span text;

	*id = 0;
	if (json_has(object, name) && member_of(object, name) == NULL)
		return true; /* null */
	return json_text(object, name, &text) && text_to_u64(text, id);
}

bool json_flag(struct json_object *object, const char *name, bool *value)
{
	struct json_object *member = member_of(object, name);

	*value = false;
	if (!json_object_is_type(member, json_type_boolean))
		return false;
	*value = json_object_get_boolean(member) != 0;
	return true;
}

/* ---- out: put together */

/* json-c has none where there is no memory. */
static struct json_object *made(struct json_object *value)
{
	if (value == NULL)
		log_fatalx(LINE_NO_MEMORY_JSON);
	return value;
}

static void add(
	struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		log_fatalx(LINE_NO_MEMORY_MEMBER);
}

struct json_object *json_new(void)
{
	return made(json_object_new_object());
}

void json_add_text(
	struct json_object *object, const char *name, struct span text)
{
	add(object, name,
		made(json_object_new_string_len(
			text.at == NULL ? "" : text.at, (int)text.len)));
}

void json_add_number(
	struct json_object *object, const char *name, uint64_t number)
{
	add(object, name, made(json_object_new_uint64(number)));
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
	add(object, name, made(json_object_new_double_s(number, digits)));
}

void json_add_bool(struct json_object *object, const char *name, bool value)
{
	add(object, name, made(json_object_new_boolean(value)));
}

void json_add_id(struct json_object *object, const char *name, uint64_t id)
{
	char digits[24];

	if (id == 0) {
		add(object, name, NULL);
		return;
	}
	snprintf(digits, sizeof(digits), "%" PRIu64, id);
	add(object, name, made(json_object_new_string(digits)));
}

struct json_object *json_add_list(struct json_object *object, const char *name)
{
	struct json_object *list = made(json_object_new_array());

	add(object, name, list);
	return list;
}

struct json_object *json_add_item(struct json_object *list)
{
	struct json_object *item = json_new();

	if (json_object_array_add(list, item) != 0)
		log_fatalx(LINE_NO_MEMORY_ITEM);
	return item;
}

/* ---- out: written.  json-c's own writer leaves out whatever it has no memory
 * for, and does not say so. */

static void write_value(struct json_object *value, struct buf *out);

static void write_object(struct json_object *object, struct buf *out)
{
	struct json_object_iter at;
	bool first = true;

	buf_add_char(out, '{');
	json_object_object_foreachC(object, at)
	{
		if (!first)
			buf_add_char(out, ',');
		first = false;
		json_quote(out, span_of(at.key));
		buf_add_char(out, ':');
		write_value(at.val, out);
	}
	buf_add_char(out, '}');
}

static void write_list(struct json_object *list, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (i > 0)
			buf_add_char(out, ',');
		write_value(json_object_array_get_idx(list, i), out);
	}
	buf_add_char(out, ']');
}

static void write_number(struct json_object *number, struct buf *out)
{
	if (json_object_get_int64(number) < 0)
		buf_printf(out, "%" PRId64, json_object_get_int64(number));
	else
		buf_printf(out, "%" PRIu64, json_object_get_uint64(number));
}

static void write_value(struct json_object *value, struct buf *out)
{
	const char *digits;

	switch (json_object_get_type(value)) {
	case json_type_null:
		buf_add_span(out, span_of("null"));
		break;
	case json_type_boolean:
		buf_add_span(
			out, span_of(json_object_get_boolean(value) ? "true"
								    : "false"));
		break;
	case json_type_int:
		write_number(value, out);
		break;
	case json_type_double: /* it has its digits with it, unless NaN */
		digits = json_object_get_userdata(value);
		buf_add_span(out, span_of(digits == NULL ? "null" : digits));
		break;
	case json_type_string:
		json_quote(out,
			span(json_object_get_string(value),
				(size_t)json_object_get_string_len(value)));
		break;
	case json_type_object:
		write_object(value, out);
		break;
	case json_type_array:
		write_list(value, out);
		break;
	}
}

void json_write(struct json_object *object, struct buf *out)
{
	write_value(object, out);
	buf_add_char(out, '\n');
}

void json_end(struct json_object *object, struct buf *out)
{
	json_write(object, out);
	json_object_put(object);
}
