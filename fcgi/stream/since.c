/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/since.h"

#include "lib/text.h"

const char *since_read(struct since *since, struct span text, uint64_t now)
{
	uint64_t ago;

	*since = (struct since){.from = WIRE_ALL};
	since->last = span_is(text, "last");
	if (since->last || span_is(text, "all"))
		return NULL;
	since->from = WIRE_AFTER;
	if (text_to_u64(text, &since->value))
		return NULL;
	if (!text_to_duration(text, &ago))
		return "?since= is a duration such as 30s, 10m, 2h or 7d, a "
		       "cursor, all, or last";
	since->from = WIRE_SINCE;
	since->value = ago < now ? now - ago : 0;
	return NULL;
}
