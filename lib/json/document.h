/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_JSON_DOCUMENT_H
#define TIDINGS_LIB_JSON_DOCUMENT_H
/*
 * document - a JSON object and its members
 *
 * What comes in is checked by lib/json/strict_json.h and passed on as it was
 * written.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/json/strict_json.h"
#include "lib/span.h"

/* One member of the object, as written. */
struct member {
	struct span name;  /* with its quotes */
	struct span value; /* without space around it */
};

struct document {
	struct member *members; /* in their order */
	size_t count, room;
};

/* Checks `text`, which must be one object in which no object has a name twice,
 * and lists its members, which borrow from it.  One byte order mark before it
 * is passed over.  False: `fault` says what is wrong, and there is nothing to
 * release. */
bool document_read(
	struct document *document, struct span text, struct json_fault *fault);
void document_release(struct document *document);

/* NULL if there is no member of that name. */
const struct member *document_member(
	const struct document *document, const char *name);

#endif
