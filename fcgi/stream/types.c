/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/types.h"

#include <stdint.h>
#include <stdlib.h>

#include "lib/event/selector.h"

static int in_order(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return selector_order(SELECTOR_EXACT, *a, SELECTOR_EXACT, *b);
}

void types_put(struct buf *out, struct span *types, size_t count)
{
	if (count > 1)
		qsort(types, count, sizeof(*types), in_order);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && span_equal(types[i], types[i - 1]))
			continue;
		buf_add_char(out, (char)types[i].len);
		buf_add_span(out, types[i]);
	}
}

bool types_next(struct span *types, struct span *type)
{
	if (types->len == 0)
		return false;
	*type = span(types->at + 1, (uint8_t)types->at[0]);
	types->at += 1 + type->len;
	types->len -= 1 + type->len;
	return true;
}

bool types_want(struct span types, struct span type)
{
	struct span wanted;

	if (types.len == 0)
		return true;
	if (type.len == 0)
		type = span_of("message");
	while (types_next(&types, &wanted))
		if (span_equal(wanted, type))
			return true;
	return false;
}
