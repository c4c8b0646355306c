/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_PAIRS_H
#define TIDINGS_TESTS_UNIT_PAIRS_H
/*
 * pairs - an environment, as a web server says it in FastCGI
 */
#include <string.h>

#include "lib/buf.h"

static inline void pairs_length(struct buf *out, size_t len)
{
	buf_add_char(out, (char)(len >> 24 | 0x80));
	buf_add_char(out, (char)(len >> 16));
	buf_add_char(out, (char)(len >> 8));
	buf_add_char(out, (char)len);
}

/* Of lines "NAME=value", NULL-ended; one without '=' is a name that has no
 * value. */
static inline struct buf pairs_of(char *const *environment)
{
	struct buf out = {0};

	for (; *environment != NULL; environment++) {
		size_t name = strcspn(*environment, "=");
		const char *value = *environment + name;

		value += *value == '=';
		pairs_length(&out, name);
		pairs_length(&out, strlen(value));
		buf_add(&out, *environment, name);
		buf_add_text(&out, value);
	}
	return out;
}

#endif
