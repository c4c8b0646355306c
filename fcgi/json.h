#ifndef TIDINGS_JSON_H
#define TIDINGS_JSON_H
/*
 * json - JSON in and out (RFC 8259)
 *
 * json-c's room.  json-c 0.16 lets through what is no JSON (single quotes,
 * NaN, overlong UTF-8, raw newlines, repeated keys), so what comes in is
 * checked here first, to the letter, and passed on as it was written; json-c
 * then decodes strings and composes answers.  Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	JSON_DEPTH = 32, /* arrays and objects within each other, the outermost
			    included; deeper is a fault */
};

/* ---- in */
struct json_fault {
	size_t at;	 /* offset of the first wrong byte */
	const char *why; /* static */
};

/* One member of the outermost object, as written. */
struct json_member {
	struct span name;  /* with its quotes */
	struct span value; /* without space around it */
};

struct json_document {
	struct json_member *members; /* in their order */
	size_t count;
};

/* Checks `text`, which must be one object in which no object has a name twice,
 * and lists its members, which borrow from it.  False: `fault` says what is
 * wrong, and there is nothing to release. */
bool json_read(struct json_document *document, struct span text,
	struct json_fault *fault);
void json_release(struct json_document *document);

/* NULL if there is no member of that name. */
const struct json_member *json_member(
	const struct json_document *document, const char *name);
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
