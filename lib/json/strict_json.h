/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_JSON_STRICT_JSON_H
#define TIDINGS_LIB_JSON_STRICT_JSON_H
/*
 * strict_json - is it JSON, to the letter?
 *
 * JSON is defined here and nowhere else (RFC 8259; besides, no object may have a
 * name twice, and no text half a surrogate pair, which is not Unicode):
 * libraries differ, take text that is not JSON or refuse text that is. Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

enum {
	JSON_DEPTH = 32, /* objects and arrays within each other, the outermost
			    included; deeper is a fault */
};

struct json_fault {
	size_t at;	 /* offset of the first wrong byte */
	const char *why; /* static */
	bool half;	 /* it is half a surrogate pair: JSON, but no text */
};

/* The text without the byte order mark that some programs write before it. */
struct span json_unmarked(struct span text);

/* Called for each member of the outermost object, in their order: `name` with
 * its quotes, `value` without space around it; both borrow from the text. */
typedef void json_on_member(void *arg, struct span name, struct span value);

/* True if `text` is one JSON value; else `fault` says what is wrong. */
bool strict_json(struct span text, struct json_fault *fault);
/* True if `text` is one JSON object.  Some members may have been told even if
 * it is not. */
bool strict_json_object(struct span text, json_on_member *member, void *arg,
	struct json_fault *fault);

#endif
