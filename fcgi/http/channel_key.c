/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/channel_key.h"

#include "fcgi/http/query.h"
#include "lib/buf.h"

static const char KEY[] = "channel";

static bool is_channel(struct span name, bool lists, struct misspelt *fault)
{
	fault->sentence[0] = '\0';
	if (span_is(name, KEY) || (lists && query_is_element(name, KEY)))
		return true;
	if (spelling_is_near(name, KEY))
		spelling_say(fault, name, KEY);
	return false;
}

bool channel_key_in_object(struct span name, struct misspelt *fault)
{
	return is_channel(name, false, fault);
}

bool channel_key_in_query(const struct pair *pair, struct misspelt *fault)
{
	struct buf decoded = {0};
	bool is = is_channel(query_name(&decoded, pair), true, fault);

	buf_release(&decoded);
	return is;
}
