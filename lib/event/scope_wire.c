/* SPDX-License-Identifier: MIT */
/*
 * scope_wire - a scope as it is on the wire (scope.h)
 */
#include <config.h>

#include <stdlib.h>

#include "lib/event/scope.h"
#include "lib/wire.h"

void scope_put(const struct scope *scope, struct buf *out)
{
	size_t begun = out->len, end;
	struct scope_item item;
	uint32_t count = 0;

	wire_put_u32(out, 0); /* once known */
	for (; scope_item(scope, count, &item); count++) {
		wire_put_u8(out, item.exact);
		wire_put_str16(out, item.text);
	}
	end = out->len;
	out->len = begun;
	wire_put_u32(out, count);
	out->len = end;
}

static struct scope_item get_item(struct wire_in *in)
{
	struct scope_item item = {.exact = wire_get_u8(in) != 0};

	item.text = wire_get_str16(in);
	return item;
}

/* How many follow; none can be shorter than three bytes. */
static uint32_t get_count(struct wire_in *in)
{
	uint32_t count = wire_get_u32(in);

	if (count > (size_t)(in->end - in->at) / 3)
		in->failed = true;
	return in->failed ? 0 : count;
}

void scope_pass(struct wire_in *in)
{
	for (uint32_t left = get_count(in); left > 0; left--)
		get_item(in);
}

struct scope *scope_read(struct scopes *scopes, struct wire_in *in)
{
	uint32_t count = get_count(in);
	struct scope_item *items;
	struct scope *scope;

	if (count == 0)
		return NULL;
	items = mem_new(count * sizeof(*items));
	for (uint32_t i = 0; i < count; i++)
		items[i] = get_item(in);
	scope = scope_get(scopes, items, in->failed ? 0 : count);
	free(items);
	return scope;
}
