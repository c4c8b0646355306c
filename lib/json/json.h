/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_JSON_JSON_H
#define TIDINGS_LIB_JSON_JSON_H
/*
 * json - strings decoded, answers composed and read
 *
 * json-c's room: json-c holds the values.  strict_json.h decides which text is
 * JSON, so that all versions of json-c take the same.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/json/strict_json.h"
#include "lib/span.h"

struct json_object;

/* ---- in: `value` is checked JSON (strict_json.h) */
bool json_is_string(struct span value);
/* Appends what the string `value` (checked, with its quotes) says. */
void json_decode(struct buf *out, struct span value);
/* Is `value` a string that says `text`? */
bool json_says(struct span value, const char *text);
/* True if `value` is a list of nothing but strings. */
bool json_is_strings(struct span value);
/* Takes the next string, with its quotes, off such a list; false at its end. */
bool json_next_string(struct span *list, struct span *string);
bool json_is_list(struct span value);
/* Takes the next value off a list that is checked JSON; false at its end. */
bool json_next(struct span *list, struct span *value);
/* How many objects and lists of the checked `value` are within each other. */
unsigned json_depth(struct span value);
/* Appends the checked `value` without the space between its tokens: one line,
 * and otherwise byte for byte. */
void json_minify(struct buf *out, struct span value);

/* ---- in: an answer, taken apart.  NULL unless `text` is JSON and an object
 * or a list, and all that it says can be held: a name with a NUL cannot.
 * Freed with json_free.  Asking a member of NULL is
 * allowed, and so is asking for one that is not there: false. */
struct json_object *json_parse(struct span text);
void json_free(struct json_object *object);
/* A member that is a list, else NULL; borrowed. */
struct json_object *json_list(struct json_object *object, const char *name);
size_t json_length(struct json_object *list); /* 0 if it is none */
/* NULL beyond the last. */
struct json_object *json_item(struct json_object *list, size_t index);
/* A member that is a string; false if it is none.  Borrowed. */
bool json_text(struct json_object *object, const char *name, struct span *text);
/* A member that is a whole number of 64 bits, 0 or above.  Each of
 * these three is false for a member of another kind, and the value then 0 or
 * false. */
bool json_number(
	struct json_object *object, const char *name, uint64_t *number);
/* A cursor, as json_add_id() writes it: null is 0. */
bool json_id(struct json_object *object, const char *name, uint64_t *id);
/* Is there a member of that name, of any kind? */
bool json_has(struct json_object *object, const char *name);
bool json_flag(struct json_object *object, const char *name, bool *value);
/* Appends the whole of it in one line, and a newline. */
void json_write(struct json_object *object, struct buf *out);

/* ---- out */
struct json_object *json_new(void);
/* Text must be UTF-8; what is not comes out as U+FFFD. */
void json_add_text(
	struct json_object *object, const char *name, struct span text);
void json_add_number(
	struct json_object *object, const char *name, uint64_t number);
/* With up to three decimals. */
void json_add_decimal(
	struct json_object *object, const char *name, double number);
void json_add_bool(struct json_object *object, const char *name, bool value);
/* A cursor: a string of digits, null for 0. */
void json_add_id(struct json_object *object, const char *name, uint64_t id);
/* Appends `text` as a JSON string, with its quotes. */
void json_quote(struct buf *out, struct span text);
/* A list of objects: returned ones are filled by the caller. */
struct json_object *json_add_list(struct json_object *object, const char *name);
struct json_object *json_add_item(struct json_object *list);
/* Appends the object's text and a newline, and frees it. */
void json_end(struct json_object *object, struct buf *out);

#endif
