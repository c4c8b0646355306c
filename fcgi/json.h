#ifndef TIDINGS_JSON_H
#define TIDINGS_JSON_H
/*
 * json - strings decoded, answers composed
 *
 * json-c's room.  What comes in was checked before (document.h).  Pure; any
 * thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- in: `value` is checked JSON */
bool json_is_string(struct span value);
/* Appends what the string `value` (checked, with its quotes) says; false if it
 * has half a surrogate pair, which is no text. */
bool json_decode(struct buf *out, struct span value);
/* Appends the checked `value` without the space between its tokens: one line,
 * and otherwise byte for byte. */
void json_minify(struct buf *out, struct span value);

/* ---- out */
struct json_object;

struct json_object *json_new(void);
/* Text must be UTF-8; what is not comes out as U+FFFD. */
void json_add_text(
	struct json_object *object, const char *name, struct span text);
void json_add_number(
	struct json_object *object, const char *name, uint64_t number);
void json_add_bool(struct json_object *object, const char *name, bool value);
/* A cursor: a string of digits, null for 0. */
void json_add_id(struct json_object *object, const char *name, uint64_t id);
/* A list of objects: returned ones are filled by the caller. */
struct json_object *json_add_list(struct json_object *object, const char *name);
struct json_object *json_add_item(struct json_object *list);
/* Appends the object's text and a newline, and frees it. */
void json_end(struct json_object *object, struct buf *out);

#endif
