/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/ttl.h"

#include "fcgi/http/query.h"
#include "lib/event/traits.h"
#include "lib/text.h"

/* A year. */
#define TTL_MAX_MS (UINT64_C(365) * 86400000)

static bool read_ttl(struct span value, uint64_t *ms)
{
	struct buf text = {0};
	bool good = query_decode_value(&text, value) &&
		    text_to_duration(buf_span(&text), ms) && *ms > 0 &&
		    *ms <= TTL_MAX_MS;

	buf_release(&text);
	return good;
}

struct fault ttl_queried(struct submission *submission, struct span query)
{
	struct buf *traits = &submission->texts[SUBMISSION_TRAITS];
	struct pair pair;
	uint64_t ms;

	if (!query_find(query, "ttl", &pair))
		return fault_none();
	if (!read_ttl(pair.value, &ms))
		return fault_bad("bad_ttl",
			"?ttl= is a duration such as 30s, 10m, 2h or 7d, at "
			"most 365d");
	trait_add_expires(traits, submission->now + ms);
	submission->traits = buf_span(traits);
	return fault_none();
}
