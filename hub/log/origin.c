/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/origin.h"

#include <string.h>

#include "lib/event/traits.h"
#include "lib/wire.h"

enum { INDEX_AT = ORIGIN_HUB + 8 + 8 };

static void put(struct buf *out, const struct origin *origin)
{
	wire_put_bytes(out, origin->hub, ORIGIN_HUB);
	wire_put_u64(out, origin->source);
	wire_put_u64(out, origin->number);
	wire_put_u32(out, origin->index);
	if (!origin->has_row)
		return;
	wire_put_bytes(out, origin->inbox, ORIGIN_INBOX);
	wire_put_u64(out, origin->row);
}

/* Copies those below the kind, or those above it. */
static void copy(struct buf *out, struct span traits, bool below)
{
	struct wire_in in = wire_in(traits);

	while (in.at < in.end && !in.failed) {
		uint8_t kind = wire_get_u8(&in);
		struct span value = wire_get_str16(&in);

		if (!in.failed && kind != TRAIT_ORIGIN &&
			(kind < TRAIT_ORIGIN) == below)
			trait_add(out, kind, value);
	}
}

size_t origin_add(
	struct buf *out, struct span traits, const struct origin *origin)
{
	struct buf value = {0};
	size_t end;

	put(&value, origin);
	copy(out, traits, true);
	trait_add(out, TRAIT_ORIGIN, buf_span(&value));
	end = out->len;
	copy(out, traits, false);
	end -= value.len - INDEX_AT;
	buf_release(&value);
	return end;
}

void origin_set_index(struct buf *traits, size_t at, uint32_t index)
{
	for (int i = 0; i < 4; i++)
		traits->at[at + (size_t)i] = (char)(index >> (8 * i));
}

void origin_strip(struct buf *out, struct span traits)
{
	copy(out, traits, true);
	copy(out, traits, false);
}

bool origin_find(struct span traits, struct origin *origin)
{
	struct span value = trait_find(traits, TRAIT_ORIGIN);
	struct wire_in in = wire_in(value);
	struct span hub = wire_get_bytes(&in, ORIGIN_HUB);

	*origin = (struct origin){.source = wire_get_u64(&in)};
	origin->number = wire_get_u64(&in);
	origin->index = wire_get_u32(&in);
	if (in.failed)
		return false;
	memcpy(origin->hub, hub.at, ORIGIN_HUB);
	if (in.at < in.end) {
		struct span inbox = wire_get_bytes(&in, ORIGIN_INBOX);

		origin->row = wire_get_u64(&in);
		if (!wire_done(&in))
			return false;
		memcpy(origin->inbox, inbox.at, ORIGIN_INBOX);
		origin->has_row = true;
	}
	return true;
}
