/*
 * json - JSON in and out (RFC 8259)
 *
 * The reader is one recursive descent, at most JSON_DEPTH deep.  Names already
 * seen in the objects that are still open lie on one stack; when an object
 * ends, its part is sorted and neighbours are compared, so that an object of
 * 100,000 names costs no more than sorting them.
 */
#include "fcgi/json.h"
#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

struct name {
	struct span text; /* decoded */
	char *owned;	  /* the same, if it had to be decoded */
	size_t at;	  /* where it stands */
};

struct reader {
	const char *begin, *at, *end;
	unsigned depth;
	struct name *names;
	size_t name_count, name_room;
	struct json_document *document;
	size_t member_room;
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

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end && is_space(*reader->at))
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

static bool read_escape(struct reader *reader)
{
	if (accept(reader, 'u')) {
		for (int i = 0; i < 4; i++, reader->at++)
			if (!is_hex(peek(reader)))
				return wrong(reader,
					"four hexadecimal digits belong here");
		return true;
	}
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

/* Notes the name that stands at `literal` among those of its object. */
static bool note_name(struct reader *reader, struct span literal)
{
	struct name name = {
		.text = span(literal.at + 1, literal.len - 2),
		.at = (size_t)(literal.at - reader->begin),
	};
	struct buf decoded = {0};

	if (name.text.len > 0 &&
		memchr(name.text.at, '\\', name.text.len) != NULL) {
		if (!json_decode(&decoded, literal)) {
			buf_release(&decoded);
			return wrong_at(reader, literal.at,
				"a name has half a surrogate pair");
		}
		name.text = buf_span(&decoded);
		name.owned = decoded.at;
	}
	if (reader->name_count == reader->name_room) {
		reader->name_room = reader->name_room * 2 + 16;
		reader->names = mem_resize(
			reader->names, reader->name_room * sizeof(name));
	}
	reader->names[reader->name_count++] = name;
	return true;
}

static int by_text(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
	int order = len == 0 ? 0 : memcmp(a->text.at, b->text.at, len);

	if (order != 0)
		return order;
	if (a->text.len != b->text.len)
		return a->text.len < b->text.len ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

static void forget_names(struct reader *reader, size_t first)
{
	while (reader->name_count > first)
		free(reader->names[--reader->name_count].owned);
}

/* The names from `first` on are those of one object: is any there twice? */
static bool names_differ(struct reader *reader, size_t first)
{
	size_t count = reader->name_count - first;
	const char *twice = NULL;
	struct name *names;

	if (count < 2)
		return true;
	names = reader->names + first;
	qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 1; i < count; i++) {
		const char *at = reader->begin + names[i].at;

		if (span_equal(names[i - 1].text, names[i].text) &&
			(twice == NULL || at < twice))
			twice = at;
	}
	if (twice != NULL)
		return wrong_at(reader, twice, "a name is there twice");
	return true;
}

static void list_member(
	struct reader *reader, struct span name, struct span value)
{
	struct json_document *document = reader->document;

	if (document->count == reader->member_room) {
		reader->member_room = reader->member_room * 2 + 8;
		document->members = mem_resize(document->members,
			reader->member_room * sizeof(*document->members));
	}
	document->members[document->count++] =
		(struct json_member){name, value};
}

static bool read_member(struct reader *reader)
{
	struct span name, value;

	skip_space(reader);
	name.at = reader->at;
	if (!read_string(reader))
		return false;
	name.len = (size_t)(reader->at - name.at);
	if (!note_name(reader, name))
		return false;
	skip_space(reader);
	if (!accept(reader, ':'))
		return wrong(reader, "a colon belongs here");
	skip_space(reader);
	value.at = reader->at;
	if (!read_value(reader))
		return false;
	value.len = (size_t)(reader->at - value.at);
	if (reader->depth == 1)
		list_member(reader, name, value);
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
	size_t first = reader->name_count;
	bool good;

	reader->at++;
	good = read_members(reader) && names_differ(reader, first);
	forget_names(reader, first);
	return good;
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

static bool read_document(struct reader *reader)
{
	size_t bad;

	if (!text_is_utf8(
		    span(reader->at, (size_t)(reader->end - reader->at)), &bad))
		return wrong_at(reader, reader->begin + bad, "no UTF-8");
	skip_space(reader);
	if (peek(reader) != '{')
		return wrong(reader, "an object belongs here");
	if (!read_value(reader))
		return false;
	skip_space(reader);
	if (reader->at < reader->end)
		return wrong(reader, "something follows the object");
	return true;
}

bool json_read(struct json_document *document, struct span text,
	struct json_fault *fault)
{
	struct reader reader = {
		.begin = text.len == 0 ? "" : text.at,
		.document = document,
		.fault = fault,
	};
	bool good;

	*document = (struct json_document){0};
	reader.at = reader.begin;
	reader.end = reader.begin + text.len;
	good = read_document(&reader);
	forget_names(&reader, 0);
	free(reader.names);
	if (!good)
		json_release(document);
	return good;
}

void json_release(struct json_document *document)
{
	free(document->members);
	*document = (struct json_document){0};
}

/* ---- what was read */

static bool is_named(const struct json_member *member, const char *name)
{
	struct span text = span(member->name.at + 1, member->name.len - 2);
	struct buf decoded = {0};
	bool same;

	if (text.len == 0 || memchr(text.at, '\\', text.len) == NULL)
		return span_is(text, name);
	same = json_decode(&decoded, member->name) &&
	       span_is(buf_span(&decoded), name);
	buf_release(&decoded);
	return same;
}

const struct json_member *json_member(
	const struct json_document *document, const char *name)
{
	for (size_t i = 0; i < document->count; i++)
		if (is_named(&document->members[i], name))
			return &document->members[i];
	return NULL;
}

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

		if (!in_string && is_space(c))
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

void json_add_text(
	struct json_object *object, const char *name, struct span text)
{
	struct buf mended = {0};

	add_mended(&mended, text);
	json_object_object_add(object, name,
		json_object_new_string_len(
			mended.len == 0 ? "" : mended.at, (int)mended.len));
	buf_release(&mended);
}

void json_add_number(
	struct json_object *object, const char *name, uint64_t number)
{
	json_object_object_add(object, name, json_object_new_uint64(number));
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

void json_end(struct json_object *object, struct buf *out)
{
	size_t len;
	const char *text = json_object_to_json_string_length(object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	buf_add(out, text, len);
	buf_add_char(out, '\n');
	json_object_put(object);
}
