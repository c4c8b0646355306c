/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_QUERY_H
#define TIDINGS_FCGI_HTTP_QUERY_H
/*
 * query - what stands in a URL
 *
 * A URL is divided first (at '?', '/', '&' and '='), and each part decoded
 * once afterwards: so an encoded slash belongs to a channel's name and an
 * encoded ampersand to a value.  Pure; all spans borrow from the URL.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

struct request;

struct url {
	struct span path;  /* from its first '/' on; empty if there is none */
	struct span query; /* after the '?' */
};

/* Takes "/path?query" and "http://host/path?query" (RFC 9112 section 3.2). */
struct url query_url(struct span uri);

/* Is `path` below `base` ("/a/b", or "" for all)?  *rest is then what follows
 * it, empty or from a '/' on.  `path` is still encoded, `base` needs none. */
bool query_below(struct span path, const char *base, struct span *rest);

struct pair {
	struct span name, value; /* still encoded */
	bool has_value;		 /* there was a '=' */
};

/* Takes the next pair off `query`; false at the end. */
bool query_next(struct span *query, struct pair *pair);
/* Is this (encoded) name `name`? */
bool query_named(const struct pair *pair, const char *name);
/* Is it that name, or an element of such a list as PHP writes it, `name[]` or
 * `name[0]`? */
bool query_listed(const struct pair *pair, const char *name);
/* The pair's name, decoded into the buffer if that is needed and can be. */
struct span query_name(struct buf *decoded, const struct pair *pair);
/* Is `text`, decoded, such an element of the list `name`? */
bool query_is_element(struct span text, const char *name);
/* The first pair of that name. */
bool query_find(struct span query, const char *name, struct pair *pair);
/* Is it "name=1"? */
bool query_flag(struct span query, const char *name);

/* Appends a path's segment decoded; false if a '%' is not followed by two
 * hexadecimal digits.  query_decode_value also takes '+' for a space. */
bool query_decode(struct buf *out, struct span text);
bool query_decode_value(struct buf *out, struct span text);

/* The value, decoded, of the first parameter of that name; false if there is
 * none or it is empty.  One that cannot be decoded is taken as written. */
bool query_value(struct buf *value, struct span query, const char *name);
/* The last id as the browser says it: in its header or else in the query, as
 * lastEventId or spelt otherwise (any case, with or without '-' and '_'). */
bool query_last_id(
	struct buf *id, const struct request *request, struct span query);
/* Is there such a parameter, though it may be empty? */
bool query_has_last_id(struct span query);
/* Is it a last id, however it is spelt?  `name`: as it should be. */
bool query_is_last_id(const struct pair *pair, const char *name);

#endif
