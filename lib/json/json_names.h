/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_JSON_JSON_NAMES_H
#define TIDINGS_LIB_JSON_JSON_NAMES_H
/*
 * json_names - does an object have a name twice?
 *
 * The names of all objects that are still open lie on one stack; when one
 * ends, its part is sorted and neighbours are compared, so that an object of
 * 100,000 names costs no more than sorting them.  Names are compared by
 * their decoded text, not as they are written.  All zero is an empty stack.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

struct json_name;

struct json_names {
	struct json_name *at;
	size_t count, room;
};

void json_names_release(struct json_names *names);

/* Adds the name that is written `literal` (a checked JSON string with its
 * quotes, borrowed). */
void json_names_add(struct json_names *names, struct span literal);
/* The names from `first` on are those of one object, which ends: takes them
 * off.  Returns where one is that was there before, NULL if there is none. */
const char *json_names_end(struct json_names *names, size_t first);

#endif
