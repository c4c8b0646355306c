#ifndef TIDINGS_DOCUMENT_H
#define TIDINGS_DOCUMENT_H
/*
 * document - the JSON object that was POSTed, checked to the letter
 *
 * json-c 0.16 lets through what is no JSON (single quotes, NaN, overlong UTF-8,
 * raw newlines, repeated names), so what comes in is checked here (RFC 8259)
 * and passed on as it was written.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

enum {
	DOCUMENT_DEPTH = 32, /* arrays and objects within each other, the
				outermost included; deeper is a fault */
};

/* One member of the object, as written. */
struct member {
	struct span name;  /* with its quotes */
	struct span value; /* without space around it */
};

struct document {
	struct member *members; /* in their order */
	size_t count;
};

struct document_fault {
	size_t at;	 /* offset of the first wrong byte */
	const char *why; /* static */
};

/* Checks `text`, which must be one object in which no object has a name twice,
 * and lists its members, which borrow from it.  False: `fault` says what is
 * wrong, and there is nothing to release. */
bool document_read(struct document *document, struct span text,
	struct document_fault *fault);
void document_release(struct document *document);

/* NULL if there is no member of that name. */
const struct member *document_member(
	const struct document *document, const char *name);

#endif
