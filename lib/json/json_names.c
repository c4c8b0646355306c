/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/json/json_names.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/json/json.h"

struct json_name {
	struct span text; /* what it says */
	char *owned;	  /* the same, if it had to be decoded */
	const char *at;	  /* where it is written */
};

static void forget(struct json_names *names, size_t first)
{
	while (names->count > first)
		free(names->at[--names->count].owned);
}

void json_names_release(struct json_names *names)
{
	forget(names, 0);
	free(names->at);
	*names = (struct json_names){0};
}

void json_names_add(struct json_names *names, struct span literal)
{
	struct json_name name = {
		.text = span(literal.at + 1, literal.len - 2),
		.at = literal.at,
	};
	struct buf decoded = {0};

	if (name.text.len > 0 &&
		memchr(name.text.at, '\\', name.text.len) != NULL) {
		json_decode(&decoded, literal);
		name.text = buf_span(&decoded);
		name.owned = decoded.at;
	}
	if (names->count == names->room) {
		names->room = names->room * 2 + 16;
		names->at = mem_resize(names->at, names->room * sizeof(name));
	}
	names->at[names->count++] = name;
}

static int by_text(const void *left, const void *right)
{
	const struct json_name *a = left, *b = right;
	size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
	int order = len == 0 ? 0 : memcmp(a->text.at, b->text.at, len);

	if (order != 0)
		return order;
	if (a->text.len != b->text.len)
		return a->text.len < b->text.len ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

/* The earliest of those that were there before. */
static const char *find_twice(const struct json_name *names, size_t count)
{
	const char *twice = NULL;

	for (size_t i = 1; i < count; i++)
		if (span_equal(names[i - 1].text, names[i].text) &&
			(twice == NULL || names[i].at < twice))
			twice = names[i].at;
	return twice;
}

const char *json_names_end(struct json_names *names, size_t first)
{
	size_t count = names->count - first;
	const char *twice = NULL;

	if (count > 1) {
		qsort(names->at + first, count, sizeof(*names->at), by_text);
		twice = find_twice(names->at + first, count);
	}
	forget(names, first);
	return twice;
}
