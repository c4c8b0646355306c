#ifndef TIDINGS_QUERY_H
#define TIDINGS_QUERY_H
/*
 * query - what stands in a URL
 *
 * A target is divided first (at '?', '/', '&' and '='), and each part decoded
 * once afterwards: so an encoded slash belongs to a channel's name and an
 * encoded ampersand to a value.  Pure; all spans borrow from the target.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

struct target {
	struct span path;  /* from its first '/' on; empty if there is none */
	struct span query; /* after the '?' */
};

/* Takes "/path?query" and "http://host/path?query" (RFC 9112 section 3.2). */
struct target query_target(struct span uri);

/* Takes the next segment off `path`, without its '/'; false at the end. */
bool query_segment(struct span *path, struct span *segment);

struct pair {
	struct span name, value; /* still encoded */
	bool has_value;		 /* there was a '=' */
};

/* Takes the next pair off `query`; false at the end. */
bool query_next(struct span *query, struct pair *pair);
/* Is this (encoded) name `name`? */
bool query_named(const struct pair *pair, const char *name);
/* The first pair of that name. */
bool query_find(struct span query, const char *name, struct pair *pair);
/* Is it "name=1"? */
bool query_flag(struct span query, const char *name);

/* Appends a path's segment decoded; false if a '%' is not followed by two
 * hexadecimal digits.  query_decode_value also takes '+' for a space. */
bool query_decode(struct buf *out, struct span text);
bool query_decode_value(struct buf *out, struct span text);

#endif
