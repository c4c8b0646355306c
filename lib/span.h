/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SPAN_H
#define TIDINGS_LIB_SPAN_H
/*
 * span - some bytes of somebody else's
 *
 * A span borrows: whoever made it says how long the bytes stay.  The bytes are
 * not terminated and may hold any value, NUL included.  An empty span may have
 * `at` == NULL.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *at;
	size_t len;
};

static inline struct span span(const void *at, size_t len)
{
	return (struct span){(const char *)at, len};
}

/* The bytes of a C string, without its NUL; NULL is the empty span. */
static inline struct span span_of(const char *text)
{
	return span(text, text == NULL ? 0 : strlen(text));
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
	return span_equal(a, span_of(text));
}

#endif
