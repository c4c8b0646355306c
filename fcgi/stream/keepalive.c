/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/keepalive.h"

#include <string.h>

#include "fcgi/http/query.h"
#include "lib/buf.h"
#include "lib/config/value.h"

/* "4s" -> 4000; false if it is no such thing. */
static bool read_time(uint64_t *ms, struct span value)
{
	struct buf text = {0};
	bool good = query_decode_value(&text, value) && text.len > 0 &&
		    memchr(text.at, '\0', text.len) == NULL;

	if (good) {
		buf_add_char(&text, '\0');
		good = value_amount(text.at, value_times, ms);
	}
	buf_release(&text);
	return good;
}

const char *keepalive_read(uint64_t *ms, struct span query)
{
	struct pair pair;

	*ms = 0;
	if (!query_find(query, "keepalive", &pair))
		return NULL;
	if (pair.has_value && read_time(ms, pair.value) &&
		*ms >= KEEPALIVE_MIN_MS && *ms <= KEEPALIVE_MAX_MS)
		return NULL;
	return "?keepalive= is a time from 3s to 60s, such as 4s";
}
