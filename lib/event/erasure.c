/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/erasure.h"

#include "lib/event/traits.h"
#include "lib/wire.h"

bool erasure_is_channel(struct span channel)
{
	return span_is(channel, ERASURE_CHANNEL);
}

void erasure_put(struct buf *traits, const struct erasure *erasure)
{
	struct buf value = {0};

	wire_put_u64(&value, erasure->first);
	wire_put_u64(&value, erasure->last);
	wire_put_str16(&value, erasure->channel);
	trait_add(traits, TRAIT_ERASURE, buf_span(&value));
	buf_release(&value);
}

static bool is_sound(const struct erasure *erasure)
{
	if (erasure->channel.len > 0)
		return erasure->first == 0 && erasure->last <= WIRE_ID_MAX;
	return erasure->first > 0 && erasure->first <= erasure->last &&
	       erasure->last <= WIRE_ID_MAX &&
	       erasure->last - erasure->first < TRAIT_TOPICS_MAX;
}

bool erasure_get(struct span traits, struct erasure *erasure)
{
	struct wire_in in = wire_in(trait_find(traits, TRAIT_ERASURE));

	erasure->first = wire_get_u64(&in);
	erasure->last = wire_get_u64(&in);
	erasure->channel = wire_get_str16(&in);
	return wire_done(&in) && is_sound(erasure);
}
